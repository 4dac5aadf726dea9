package io.github.httplongcut.broker.core;

import java.util.UUID;

/** Is told of every transition of every request; called by the router, must not call it. */
@FunctionalInterface
public interface Journal {

  /**
   * A request went from one state to the next.
   *
   * @param clientReqId names the request
   * @param brokerReqId names its latest dispatch, or the first one to come
   */
  void moved(UUID clientReqId, UUID brokerReqId, String from, String to, String why);
}
