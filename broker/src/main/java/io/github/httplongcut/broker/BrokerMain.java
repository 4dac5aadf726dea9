package io.github.httplongcut.broker;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.process.RoleCommand;
import io.github.httplongcut.process.RoleOptions;
import io.github.httplongcut.process.RoleRuntime;
import io.github.httplongcut.session.Plan;

/** Entry point of the broker process. */
public final class BrokerMain {

  private BrokerMain() {}

  /** Runs the broker until the process is told to stop. */
  public static void main(String... arguments) {
    new RoleCommand<>(Role.BROKER, RoleOptions.NONE, BrokerConfig::read, BrokerMain::start)
        .runAndExit(arguments);
  }

  private static AutoCloseable start(BrokerConfig config, String settings) {
    RoleRuntime runtime =
        RoleRuntime.create(
            Role.BROKER,
            config,
            settings,
            firstId -> (id, generation) -> Plan.broker(id, BrokerConfig.PREFETCH));
    Broker broker =
        new Broker(config, runtime.id(), runtime.loop(), runtime.session(), runtime.registry());
    runtime.readiness().set("requests", broker::readiness);
    broker.addPages(runtime.pages(), runtime.process());
    return runtime.start(broker);
  }
}
