package io.github.httplongcut.system.faults;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.protocol.Topology;
import io.github.httplongcut.system.faults.RecordingUpstream.Behaviour;
import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.relay.RoleProcess;
import io.github.httplongcut.testkit.RabbitMqUser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The injectors of all faults. */
final class FaultInjectors {

  private static final int QUEUE_LIMIT = 10_000;

  private FaultInjectors() {}

  /** Sends SIGKILL to a process; a new process replaces it at the end. */
  static FaultInjector kill(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.kill();
      bench.leave(victim);
      return InjectedFault.withVictim(victim, () -> bench.join(part, bench.start(part)));
    };
  }

  /** Sends SIGSTOP to a process, and SIGCONT at the end. */
  static FaultInjector freeze(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.freeze();
      return InjectedFault.withVictim(victim, victim::thaw);
    };
  }

  /**
   * Sends SIGTERM to a process; a new process replaces it at the end. Callers still use the process
   * while the fault lasts, as a load balancer does until it notices that the process is not ready.
   */
  static FaultInjector drain(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.terminate();
      return InjectedFault.healedBy(
          () -> {
            bench.stopLoadBalancingTo(victim);
            int exitCode = victim.awaitExitCode();
            bench.leave(victim);
            if (exitCode != 0) {
              throw new AssertionError(victim.name() + " ended with exit code " + exitCode);
            }
            bench.join(part, bench.start(part));
          });
    };
  }

  /** Makes RabbitMQ close all connections. */
  static FaultInjector closeConnections() {
    return (bench, random) -> {
      bench.rabbitMq().ctl("close_all_connections", "--vhost", RabbitMq.VHOST, "fault");
      return InjectedFault.healedBy(() -> {});
    };
  }

  /** Stops RabbitMQ, and starts it at the end. */
  static FaultInjector stopRabbitMq() {
    return (bench, random) -> {
      bench.rabbitMq().stop();
      return InjectedFault.healedBy(() -> bench.rabbitMq().start());
    };
  }

  /** Sends SIGKILL to RabbitMQ, and starts it at the end. */
  static FaultInjector killRabbitMq() {
    return (bench, random) -> {
      bench.rabbitMq().kill();
      return InjectedFault.healedBy(() -> bench.rabbitMq().start());
    };
  }

  /** Raises a memory alarm, which makes RabbitMQ block all publishing connections. */
  static FaultInjector memoryAlarm() {
    return (bench, random) -> {
      bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0");
      return InjectedFault.healedBy(
          () -> bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0.4"));
    };
  }

  /** Kills all brokers and fills {@code client_request} with other messages. */
  static FaultInjector fillClientRequest() {
    return (bench, random) -> {
      List<RoleProcess> brokers = List.copyOf(bench.running(RelayPart.BROKER));
      brokers.forEach(RoleProcess::kill);
      brokers.forEach(bench::leave);
      asAdmin(
          bench,
          channel -> {
            for (int i = 0; i < QUEUE_LIMIT; i++) {
              channel.basicPublish("", Topology.CLIENT_REQUEST_QUEUE, null, new byte[] {'x'});
            }
          });
      return InjectedFault.healedBy(
          () -> {
            List<RoleProcess> fresh =
                brokers.stream().map(broker -> bench.start(RelayPart.BROKER)).toList();
            fresh.forEach(broker -> bench.join(RelayPart.BROKER, broker));
          });
    };
  }

  /** Deletes the queues of a process with their messages. */
  static FaultInjector deleteInbox(RelayPart part) {
    return (bench, random) -> {
      Pattern queues = part.queuesOf(bench.pick(part, random).name());
      asAdmin(
          bench,
          channel -> {
            for (String queue : bench.rabbitMq().queueNames()) {
              if (queues.matcher(queue).find()) {
                channel.queueDelete(queue);
              }
            }
          });
      return InjectedFault.healedBy(() -> {});
    };
  }

  /** Drops all traffic on a connection of a process, which stays open. */
  static FaultInjector blackHole(RelayPart part, String connection) {
    return onConnection(part, connection, (proxy, login) -> proxy.blackHole(login));
  }

  /** Resets a connection of a process. */
  static FaultInjector reset(RelayPart part, String connection) {
    return onConnection(part, connection, (proxy, login) -> proxy.reset(login));
  }

  /** Adds latency to a connection of a process. */
  static FaultInjector delay(RelayPart part, String connection, Duration delay) {
    return onConnection(part, connection, (proxy, login) -> proxy.delay(login, delay));
  }

  /** Limits the bandwidth of a connection of a process. */
  static FaultInjector trickle(RelayPart part, String connection, int bytesPerSecond) {
    return onConnection(part, connection, (proxy, login) -> proxy.throttle(login, bytesPerSecond));
  }

  private interface Impairment {
    void impair(TcpProxy proxy, Pattern login);
  }

  private static FaultInjector onConnection(
      RelayPart part, String connection, Impairment impairing) {
    return (bench, random) -> {
      Pattern login = part.connectionOf(bench.pick(part, random).name(), connection);
      bench.proxies().forEach(proxy -> impairing.impair(proxy, login));
      return InjectedFault.healedBy(() -> bench.proxies().forEach(proxy -> proxy.heal(login)));
    };
  }

  /** Closes all ports of the upstream server. */
  static FaultInjector refuse() {
    return (bench, random) -> {
      bench.upstream().refuse();
      return InjectedFault.healedBy(() -> bench.upstream().listen());
    };
  }

  /** Makes the upstream server refuse all upstream agents but one. */
  static FaultInjector refuseAllButOne() {
    return (bench, random) -> {
      RoleProcess served = bench.pick(RelayPart.UPSTREAM_AGENT, random);
      List<Integer> closed =
          bench.running(RelayPart.UPSTREAM_AGENT).stream()
              .filter(process -> process != served)
              .map(bench::upstreamListenerOf)
              .toList();
      closed.forEach(listener -> bench.upstream().refuse(listener));
      return InjectedFault.healedBy(
          () -> closed.forEach(listener -> bench.upstream().listen(listener)));
    };
  }

  /** Floods the brokers with another tenant's requests for a target that has no agent. */
  static FaultInjector flood() {
    return (bench, random) -> {
      TenantFlood flood = TenantFlood.begin(bench);
      return InjectedFault.healedBy(flood::close);
    };
  }

  /** Changes the behaviour of the upstream server. */
  static FaultInjector behaviour(Behaviour behaviour) {
    return (bench, random) -> {
      bench.upstream().behaviour(behaviour);
      return InjectedFault.healedBy(() -> bench.upstream().behaviour(Behaviour.NORMAL));
    };
  }

  /**
   * Starts one more process of each role with clocks that are a day off, as with {@code faketime -f
   * +1d}. The monotonic clock is off as well, because DONT_FAKE_MONOTONIC does not work here: with
   * it, libfaketime 0.9.10 makes timed waits of a JVM return at once, so that the JVM spins.
   */
  static FaultInjector setClocks() {
    return (bench, random) -> {
      List<RoleProcess> odd = new ArrayList<>();
      for (RelayPart part : RelayPart.values()) {
        odd.add(
            bench.start(
                part,
                "LD_PRELOAD=" + fakeTime(),
                "FAKETIME=" + (part == RelayPart.BROKER ? "-1d" : "+1d")));
      }
      odd.forEach(process -> bench.join(bench.partOf(process), process));
      return InjectedFault.healedBy(
          () ->
              odd.forEach(
                  process -> {
                    process.stop();
                    bench.leave(process);
                  }));
    };
  }

  /** Returns whether Debian's package {@code faketime} is installed. */
  static boolean canSetClocks() {
    return findFakeTime().isPresent();
  }

  private static Path fakeTime() {
    return findFakeTime()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "libfaketime is not installed: apt-get install faketime"));
  }

  private static java.util.Optional<Path> findFakeTime() {
    try (Stream<Path> directories = Files.list(Path.of("/usr/lib"))) {
      return directories
          .map(directory -> directory.resolve("faketime/libfaketime.so.1"))
          .filter(Files::isReadable)
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Publishes to every queue messages that no process of the relay would send. */
  static FaultInjector garbage() {
    return (bench, random) -> {
      asAdmin(
          bench,
          channel -> {
            for (String queue : bench.rabbitMq().queueNames()) {
              Garbage.publish(channel, queue, random);
            }
          });
      return InjectedFault.healedBy(() -> {});
    };
  }

  interface ChannelWork {
    void on(Channel channel) throws IOException;
  }

  /** Runs {@code work} on a channel of RabbitMQ's admin user that bypasses the proxy. */
  static void asAdmin(FaultBench bench, ChannelWork work) {
    try (Connection connection = bench.rabbitMq().connect(RabbitMqUser.ADMIN, "fault")) {
      Channel channel = connection.createChannel();
      channel.confirmSelect();
      work.on(channel);
      channel.waitForConfirms(30_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }
}
