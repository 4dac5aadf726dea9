package io.github.httplongcut.broker.core;

import io.github.httplongcut.protocol.ProcessId;
import java.util.ArrayList;
import java.util.List;

/** The {@value #MAX} client agents that sent a request last. */
final class KnownClients {

  static final int MAX = 1_000;

  private static final class Memo {
    long requests;
    long lastRequestAt;
  }

  private final RecentMap<ProcessId, Memo> memos = new RecentMap<>(MAX);

  void onRequest(ProcessId clientId, long now) {
    Memo memo = memos.computeIfAbsent(clientId, id -> new Memo());
    memo.requests++;
    memo.lastRequestAt = now;
  }

  /** Returns the client agents, the one with the latest request last. */
  List<ClientStatus> all() {
    List<ClientStatus> all = new ArrayList<>(memos.size());
    memos.forEach((id, memo) -> all.add(new ClientStatus(id, memo.lastRequestAt, memo.requests)));
    return all;
  }
}
