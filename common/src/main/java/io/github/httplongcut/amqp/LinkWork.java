package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.PublishingChannel.Write;

/**
 * The next step of the publishing link's thread, as {@link PublishingConnection#nextLinkWork}
 * decides.
 *
 * @param write the message of a {@link Type#WRITE}, else null
 * @param channel the channel of a {@link Type#REMOVE} or {@link Type#CLOSE}, else null
 */
record LinkWork(Type type, Write write, PublishingChannel channel) {

  /** Kind of work. */
  enum Type {
    /** Write a message; report with {@link PublishingConnection#onWritten}. */
    WRITE,
    /** Send a fence on the main channel; report with {@link PublishingConnection#onWritten}. */
    FENCE,
    /**
     * Call {@link PublisherState#removeChannel} for a tenant's channel that RabbitMQ has closed.
     */
    REMOVE,
    /** Close a channel that is no longer used, and is forgotten already. */
    CLOSE,
    /**
     * Open a channel for a tenant; report with {@link PublishingConnection#onChannelOpened} or
     * {@link PublishingConnection#onChannelNotOpened}.
     */
    OPEN,
    /** Wait until something changes. */
    WAIT,
    /** Leave the connection, so that the link replaces it. */
    LEAVE
  }

  static final LinkWork FENCE = new LinkWork(Type.FENCE, null, null);
  static final LinkWork OPEN = new LinkWork(Type.OPEN, null, null);
  static final LinkWork WAIT = new LinkWork(Type.WAIT, null, null);
  static final LinkWork LEAVE = new LinkWork(Type.LEAVE, null, null);

  static LinkWork write(Write write) {
    return new LinkWork(Type.WRITE, write, null);
  }

  static LinkWork remove(PublishingChannel channel) {
    return new LinkWork(Type.REMOVE, null, channel);
  }

  static LinkWork close(PublishingChannel channel) {
    return new LinkWork(Type.CLOSE, null, channel);
  }
}
