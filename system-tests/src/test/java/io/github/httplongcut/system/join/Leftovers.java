package io.github.httplongcut.system.join;

import io.github.httplongcut.system.rabbitmq.ManagementApi;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.util.ArrayList;
import java.util.List;

/** Everything in RabbitMQ that has a user's name. */
final class Leftovers {

  private Leftovers() {}

  /** Returns the queues, exchanges and bindings with the name, and the user's connections. */
  static List<String> of(ManagementApi rabbitMq, String user) {
    List<String> all = new ArrayList<>();
    for (String kind : List.of("queues", "exchanges", "bindings")) {
      rabbitMq
          .get("/api/" + kind + "/" + RabbitMq.VHOST + columns(kind))
          .forEach(each -> all.add(each.toString()));
    }
    rabbitMq.get("/api/connections/username/" + user).forEach(each -> all.add(each.toString()));
    return all.stream().filter(each -> each.contains(user)).toList();
  }

  private static String columns(String kind) {
    return kind.equals("bindings") ? "" : "?columns=name";
  }
}
