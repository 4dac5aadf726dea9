package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.PublishingChannel.Write;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A channel of a {@link PublisherHistory}, with the messages that RabbitMQ has not answered. */
final class SimulatedChannel implements PublishingChannel.Handle {

  /** A message that was taken to be written. */
  static final class Message {
    final SimulatedChannel channel;
    final WrittenMessage written;
    final List<TrackedPublication> publications;

    /** True if RabbitMQ has received the message, so that RabbitMQ may answer it. */
    boolean arrived;

    /** True if a fence that was sent later is answered. */
    boolean read;

    /** True if RabbitMQ has returned the message. */
    boolean returned;

    /** True if the publications have their outcome although RabbitMQ has not answered. */
    boolean givenUp;

    private Message(
        SimulatedChannel channel, WrittenMessage written, List<TrackedPublication> publications) {
      this.channel = channel;
      this.written = written;
      this.publications = publications;
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(channel.name + ":" + written.number());
      publications.forEach(each -> text.append(' ').append(each));
      return text.toString();
    }
  }

  final String name;
  final PublishingChannel state = new PublishingChannel(this);

  /** Messages without a confirm or nack, by number. */
  final NavigableMap<Long, Message> unanswered = new TreeMap<>();

  /** True until the channel is closed, which the {@link PublisherState} may not know yet. */
  boolean open = true;

  /** True if the {@link PublisherState} was told of the close. */
  boolean closeDelivered;

  /** True if the channel is removed, closed by this process, or lost with its connection. */
  boolean gone;

  private long lastNumber;
  private long fencedUpTo;

  SimulatedChannel(String name) {
    this.name = name;
  }

  static SimulatedChannel of(PublishingChannel state) {
    return (SimulatedChannel) state.handle();
  }

  /** Adds the channel's next message. */
  Message add(Write write, List<TrackedPublication> publications) {
    Message message = new Message(this, write.message(), publications);
    if (message.written.number() != ++lastNumber) {
      throw new AssertionError("the numbers of " + name + " do not rise by one: " + message);
    }
    unanswered.put(lastNumber, message);
    return message;
  }

  /** Removes and returns the messages that RabbitMQ answers. */
  List<Message> answer(long number, boolean multiple) {
    var answered =
        multiple ? unanswered.headMap(number, true) : unanswered.subMap(number, true, number, true);
    List<Message> messages = List.copyOf(answered.values());
    answered.clear();
    return messages;
  }

  void onFenceSent() {
    fencedUpTo = lastNumber;
  }

  void onFenceAnswered() {
    unanswered.headMap(fencedUpTo, true).values().forEach(each -> each.read = true);
  }

  @Override
  public String toString() {
    return name;
  }
}
