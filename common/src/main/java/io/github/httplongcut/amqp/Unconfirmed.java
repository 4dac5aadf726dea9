package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Publication.BatchKey;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Unconfirmed messages of one channel, in the order of their numbers.
 *
 * <pre>
 *   written ──(a later fence is answered)──▶ read ──(no confirm for confirm-timeout)──▶ given up
 * </pre>
 *
 * <p>RabbitMQ has read a message once it has answered a fence that was sent after the message. From
 * then on the message does not count for the window, and only its queue delays the confirm: see
 * {@link #giveUp}. Not synchronized: {@link PublisherMonitor} guards it.
 */
final class Unconfirmed {

  private final NavigableMap<Long, WrittenMessage> messages = new TreeMap<>();

  /** Keys of messages that have their outcome although their queue has not confirmed them. */
  private final NavigableMap<Long, BatchKey> givenUp = new TreeMap<>();

  private long readUpTo;
  private long bytes;

  void add(WrittenMessage message) {
    messages.put(message.number(), message);
    bytes += message.size();
  }

  /**
   * Removes the messages that RabbitMQ has confirmed or nacked.
   *
   * @param multiple true for all messages up to {@code number}
   * @return the removed messages, without those given up
   */
  List<WrittenMessage> take(long number, boolean multiple) {
    List<WrittenMessage> taken = removeUpTo(messages, number, multiple);
    taken.forEach(each -> bytes -= bytesOnLine(each));
    return taken;
  }

  /** Removes given-up messages of these numbers; returns their keys. */
  List<BatchKey> takeGivenUp(long number, boolean multiple) {
    return removeUpTo(givenUp, number, multiple);
  }

  private static <T> List<T> removeUpTo(NavigableMap<Long, T> all, long number, boolean multiple) {
    List<T> taken = new ArrayList<>();
    if (multiple) {
      NavigableMap<Long, T> upTo = all.headMap(number, true);
      taken.addAll(upTo.values());
      upTo.clear();
    } else {
      T one = all.remove(number);
      if (one != null) {
        taken.add(one);
      }
    }
    return taken;
  }

  private long bytesOnLine(WrittenMessage message) {
    return message.number() > readUpTo ? message.size() : 0;
  }

  /** Removes all messages that were not given up, after the loss of the channel. */
  List<WrittenMessage> takeAll() {
    return messages.isEmpty() ? List.of() : take(messages.lastKey(), true);
  }

  /** Removes all given-up messages, after the loss of the connection. */
  void forgetGivenUp() {
    givenUp.clear();
  }

  /** Removes all given-up messages, after the loss of the channel alone; returns their keys. */
  List<BatchKey> takeAllGivenUp() {
    return givenUp.isEmpty() ? List.of() : takeGivenUp(givenUp.lastKey(), true);
  }

  /** Notes that RabbitMQ has read all messages up to this number. */
  void onRead(long number) {
    messages.subMap(readUpTo, false, number, true).values().forEach(each -> bytes -= each.size());
    readUpTo = number;
  }

  /**
   * Gives up messages that RabbitMQ has read and a tenant's inbox has not confirmed in time. They
   * still count for the tenant's limit until RabbitMQ confirms or nacks them ({@link
   * #takeGivenUp}).
   */
  List<WrittenMessage> giveUp(long nowNanos, long afterNanos) {
    List<WrittenMessage> expired = new ArrayList<>();
    Iterator<WrittenMessage> each = messages.headMap(readUpTo, true).values().iterator();
    while (each.hasNext()) {
      WrittenMessage message = each.next();
      if (nowNanos - message.writtenAt() < afterNanos) {
        break;
      }
      if (message.isForTenant()) {
        each.remove();
        givenUp.put(message.number(), message.key());
        expired.add(message);
      }
    }
    return expired;
  }

  /** Notes that RabbitMQ returned this message, if it is still unconfirmed. The confirm follows. */
  void onReturned(long number) {
    WrittenMessage message = messages.get(number);
    if (message != null) {
      message.onReturned();
    }
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  int size() {
    return messages.size();
  }

  /** Returns the time at which the oldest message was written; 0 if there is none. */
  long oldestWrittenAt() {
    return messages.isEmpty() ? 0 : messages.firstEntry().getValue().writtenAt();
  }

  /** Returns the bytes that RabbitMQ may not have read yet, estimated. */
  long bytes() {
    return bytes;
  }

  /** Returns the age of the oldest message that RabbitMQ may not have read; 0 if there is none. */
  long unreadNanos(long nowNanos) {
    var unread = messages.higherEntry(readUpTo);
    return unread == null ? 0 : nowNanos - unread.getValue().writtenAt();
  }

  /**
   * Returns the time for which RabbitMQ itself has not answered: the age of the oldest message that
   * RabbitMQ may not have read, or that is not for a tenant's inbox; 0 if there is none.
   */
  long unansweredNanos(long nowNanos) {
    for (WrittenMessage message : messages.values()) {
      if (message.number() > readUpTo || !message.isForTenant()) {
        return nowNanos - message.writtenAt();
      }
    }
    return 0;
  }
}
