package io.github.httplongcut.broker;

import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.loop.Guard;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Accounts of requests that are over, until the effects of the same event are carried out. One of
 * these effects captures the response: pages must not see that a request is over before that. Only
 * for the loop's thread.
 */
final class EndedRequests {

  private final Consumer<RequestRecord> publish;
  private final Guard guard = new Guard();
  private final List<RequestRecord> pending = new ArrayList<>();

  /**
   * @param publish gets each account; an exception affects no other account
   */
  EndedRequests(Consumer<RequestRecord> publish) {
    this.publish = publish;
  }

  /** Keeps an account until {@link #publish}. */
  void add(RequestRecord record) {
    pending.add(record);
  }

  /** Publishes the accounts that were added, in their order. */
  void publish() {
    pending.forEach(record -> guard.run("ended", () -> publish.accept(record)));
    pending.clear();
  }
}
