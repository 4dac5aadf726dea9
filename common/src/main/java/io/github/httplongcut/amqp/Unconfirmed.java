package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Publication.BatchKey;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The messages of one channel that RabbitMQ owes a word for, in the order of their numbers.
 *
 * <pre>
 *   written ──(a later fence is answered)──▶ read ──(owed for confirm-timeout)──▶ given up
 * </pre>
 *
 * <p>RabbitMQ has read a message once it has answered a fence that was sent behind it. It takes up
 * no room on the line then, and it is no longer RabbitMQ that owes the word, but the queue that the
 * message went to: {@link #giveUp}. Not synchronized: {@link Publisher} guards it.
 */
final class Unconfirmed {

  private final NavigableMap<Long, WrittenMessage> messages = new TreeMap<>();

  /** Messages whose fate was told, and whose queue still owes RabbitMQ a word. */
  private final NavigableMap<Long, BatchKey> givenUp = new TreeMap<>();

  private long readUpTo;
  private long bytes;

  void add(WrittenMessage message) {
    messages.put(message.number(), message);
    bytes += message.size();
  }

  /**
   * Takes out what RabbitMQ has confirmed or nacked.
   *
   * @param multiple that number and all before it
   * @return those that were there and not given up
   */
  List<WrittenMessage> take(long number, boolean multiple) {
    List<WrittenMessage> taken = takeOf(messages, number, multiple);
    taken.forEach(each -> bytes -= bytesOnLine(each));
    return taken;
  }

  /** Takes out those of the same numbers that were given up: their keys. */
  List<BatchKey> takeGivenUp(long number, boolean multiple) {
    return takeOf(givenUp, number, multiple);
  }

  private static <T> List<T> takeOf(NavigableMap<Long, T> all, long number, boolean multiple) {
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

  /** Takes out all: the channel is gone, and with it RabbitMQ's word. */
  List<WrittenMessage> takeAll() {
    return messages.isEmpty() ? List.of() : take(messages.lastKey(), true);
  }

  /** Takes out all that were given up: their keys. */
  List<BatchKey> takeAllGivenUp() {
    return givenUp.isEmpty() ? List.of() : takeGivenUp(givenUp.lastKey(), true);
  }

  /** RabbitMQ has answered a fence that was sent behind the message of that number. */
  void onRead(long number) {
    messages.subMap(readUpTo, false, number, true).values().forEach(each -> bytes -= each.size());
    readUpTo = number;
  }

  /**
   * Gives up what RabbitMQ has read and a tenant's inbox has not confirmed in time. Its place among
   * what is under way stays taken until RabbitMQ says a word ({@link #takeGivenUp}).
   */
  List<WrittenMessage> giveUp(long nowNanos, long afterNanos) {
    List<WrittenMessage> owed = new ArrayList<>();
    Iterator<WrittenMessage> each = messages.headMap(readUpTo, true).values().iterator();
    while (each.hasNext()) {
      WrittenMessage message = each.next();
      if (nowNanos - message.writtenAt() < afterNanos) {
        break;
      }
      if (message.isForTenant()) {
        each.remove();
        givenUp.put(message.number(), message.key());
        owed.add(message);
      }
    }
    return owed;
  }

  /** No queue has taken it, if it is there. The confirm is still to come. */
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

  /** Bytes that RabbitMQ may not have read yet, about. */
  long bytes() {
    return bytes;
  }

  /** For how long the oldest one that RabbitMQ may not have read has waited; 0 if there is none. */
  long unreadNanos(long nowNanos) {
    var unread = messages.higherEntry(readUpTo);
    return unread == null ? 0 : nowNanos - unread.getValue().writtenAt();
  }

  /**
   * For how long RabbitMQ itself has owed a word: for the oldest message that it may not have read,
   * or that is not for a tenant's inbox; 0 if there is none.
   */
  long owedNanos(long nowNanos) {
    for (WrittenMessage message : messages.values()) {
      if (message.number() > readUpTo || !message.isForTenant()) {
        return nowNanos - message.writtenAt();
      }
    }
    return 0;
  }
}
