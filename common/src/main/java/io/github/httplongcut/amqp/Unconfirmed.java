package io.github.httplongcut.amqp;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The messages of one channel that RabbitMQ owes a word for, in the order of their numbers. Not
 * synchronized: {@link Publisher} guards it.
 */
final class Unconfirmed {

  private final NavigableMap<Long, WrittenMessage> messages = new TreeMap<>();
  private long bytes;

  void add(WrittenMessage message) {
    messages.put(message.number(), message);
    bytes += message.size();
  }

  /**
   * Takes out what RabbitMQ has confirmed or nacked.
   *
   * @param multiple that number and all before it
   * @return those that were there
   */
  List<WrittenMessage> take(long number, boolean multiple) {
    List<WrittenMessage> taken = new ArrayList<>();
    if (multiple) {
      NavigableMap<Long, WrittenMessage> upTo = messages.headMap(number, true);
      taken.addAll(upTo.values());
      upTo.clear();
    } else {
      WrittenMessage message = messages.remove(number);
      if (message != null) {
        taken.add(message);
      }
    }
    taken.forEach(each -> bytes -= each.size());
    return taken;
  }

  /** Takes out all: the channel is gone, and with it RabbitMQ's word. */
  List<WrittenMessage> takeAll() {
    List<WrittenMessage> taken = List.copyOf(messages.values());
    messages.clear();
    bytes = 0;
    return taken;
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

  /** On the line, about. */
  long bytes() {
    return bytes;
  }

  /** For how long the oldest one has waited; 0 if there is none. */
  long owedNanos(long nowNanos) {
    return messages.isEmpty() ? 0 : nowNanos - messages.firstEntry().getValue().writtenAt();
  }
}
