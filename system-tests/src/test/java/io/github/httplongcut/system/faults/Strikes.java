package io.github.httplongcut.system.faults;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.github.httplongcut.amqp.Topology;
import io.github.httplongcut.system.faults.RecordingUpstream.Mood;
import io.github.httplongcut.system.net.TcpProxy;
import io.github.httplongcut.system.rabbitmq.RabbitMq;
import io.github.httplongcut.system.rabbitmq.RabbitMqUser;
import io.github.httplongcut.system.relay.RoleProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How the faults are made. */
final class Strikes {

  private static final int QUEUE_LIMIT = 10_000;

  private Strikes() {}

  /** SIGKILL; another one is started in its place. */
  static Strike kill(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.kill();
      bench.leave(victim);
      return Struck.at(victim, () -> bench.join(part, bench.start(part)));
    };
  }

  /** SIGSTOP, and SIGCONT. */
  static Strike freeze(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.freeze();
      return Struck.at(victim, victim::thaw);
    };
  }

  /**
   * SIGTERM; another one is started in its place. Callers turn to it for the time that the fault
   * holds, as long as a load balancer may take to find that it is not ready.
   */
  static Strike drain(RelayPart part) {
    return (bench, random) -> {
      RoleProcess victim = bench.pick(part, random);
      victim.terminate();
      return Struck.healedBy(
          () -> {
            bench.passBy(victim);
            int exitCode = victim.awaitExitCode();
            bench.leave(victim);
            if (exitCode != 0) {
              throw new AssertionError(victim.name() + " ended with exit code " + exitCode);
            }
            bench.join(part, bench.start(part));
          });
    };
  }

  /** RabbitMQ closes all connections. */
  static Strike closeConnections() {
    return (bench, random) -> {
      bench.rabbitMq().ctl("close_all_connections", "--vhost", RabbitMq.VHOST, "fault");
      return Struck.healedBy(() -> {});
    };
  }

  /** RabbitMQ is stopped, and started. */
  static Strike stopRabbitMq() {
    return (bench, random) -> {
      bench.rabbitMq().stop();
      return Struck.healedBy(() -> bench.rabbitMq().start());
    };
  }

  /** RabbitMQ gets a SIGKILL, and is started. */
  static Strike killRabbitMq() {
    return (bench, random) -> {
      bench.rabbitMq().kill();
      return Struck.healedBy(() -> bench.rabbitMq().start());
    };
  }

  /** RabbitMQ blocks whoever publishes. */
  static Strike memoryAlarm() {
    return (bench, random) -> {
      bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0");
      return Struck.healedBy(() -> bench.rabbitMq().ctl("set_vm_memory_high_watermark", "0.4"));
    };
  }

  /** Nobody consumes, and others have filled the queue. */
  static Strike fillClientRequest() {
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
      return Struck.healedBy(
          () -> {
            List<RoleProcess> fresh =
                brokers.stream().map(broker -> bench.start(RelayPart.BROKER)).toList();
            fresh.forEach(broker -> bench.join(RelayPart.BROKER, broker));
          });
    };
  }

  /** Somebody deletes the queues of a process, with all that is in them. */
  static Strike deleteInbox(RelayPart part) {
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
      return Struck.healedBy(() -> {});
    };
  }

  /** A connection of a process loses everything, and does not break. */
  static Strike blackHole(RelayPart part, String connection) {
    return onConnection(part, connection, (proxy, login) -> proxy.blackHole(login));
  }

  /** A connection of a process breaks. */
  static Strike reset(RelayPart part, String connection) {
    return onConnection(part, connection, (proxy, login) -> proxy.reset(login));
  }

  /** A connection of a process becomes slow to answer. */
  static Strike delay(RelayPart part, String connection, Duration delay) {
    return onConnection(part, connection, (proxy, login) -> proxy.delay(login, delay));
  }

  /** A connection of a process carries next to nothing. */
  static Strike trickle(RelayPart part, String connection, int bytesPerSecond) {
    return onConnection(part, connection, (proxy, login) -> proxy.throttle(login, bytesPerSecond));
  }

  private interface Impairing {
    void impair(TcpProxy proxy, Pattern login);
  }

  private static Strike onConnection(RelayPart part, String connection, Impairing impairing) {
    return (bench, random) -> {
      Pattern login = part.connectionOf(bench.pick(part, random).name(), connection);
      bench.proxies().forEach(proxy -> impairing.impair(proxy, login));
      return Struck.healedBy(() -> bench.proxies().forEach(proxy -> proxy.heal(login)));
    };
  }

  /** The upstream server's port is closed. */
  static Strike refuse() {
    return (bench, random) -> {
      bench.upstream().refuse();
      return Struck.healedBy(() -> bench.upstream().listen());
    };
  }

  /** The upstream server refuses all upstream agents but one. */
  static Strike refuseAllButOne() {
    return (bench, random) -> {
      RoleProcess served = bench.pick(RelayPart.UPSTREAM_AGENT, random);
      List<Integer> closed =
          bench.running(RelayPart.UPSTREAM_AGENT).stream()
              .filter(process -> process != served)
              .map(bench::doorOf)
              .toList();
      closed.forEach(door -> bench.upstream().refuse(door));
      return Struck.healedBy(() -> closed.forEach(door -> bench.upstream().listen(door)));
    };
  }

  /** Somebody else's requests flood the brokers, for a target without an agent. */
  static Strike flood() {
    return (bench, random) -> {
      TenantFlood flood = TenantFlood.begin(bench);
      return Struck.healedBy(flood::close);
    };
  }

  /** The upstream server is in that mood. */
  static Strike mood(Mood mood) {
    return (bench, random) -> {
      bench.upstream().mood(mood);
      return Struck.healedBy(() -> bench.upstream().mood(Mood.NORMAL));
    };
  }

  /**
   * One process of each part has clocks that are a day off, as {@code faketime -f +1d} does it. The
   * monotonic one is off as well: left alone (DONT_FAKE_MONOTONIC), libfaketime 0.9.10 makes timed
   * waits of a JVM return at once, and it spins.
   */
  static Strike setClocks() {
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
      return Struck.healedBy(
          () ->
              odd.forEach(
                  process -> {
                    process.stop();
                    bench.leave(process);
                  }));
    };
  }

  /** Whether Debian's package {@code faketime} is installed. */
  static boolean canSetClocks() {
    return findFakeTime().isPresent();
  }

  private static Path fakeTime() {
    return findFakeTime().orElseThrow(() -> new IllegalStateException("apt-get install faketime"));
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

  /** Every queue gets what no process of the relay would send. */
  static Strike garbage() {
    return (bench, random) -> {
      asAdmin(
          bench,
          channel -> {
            for (String queue : bench.rabbitMq().queueNames()) {
              Garbage.publish(channel, queue, random);
            }
          });
      return Struck.healedBy(() -> {});
    };
  }

  interface ChannelWork {
    void on(Channel channel) throws IOException;
  }

  /** Does that on RabbitMQ itself, past the proxy. */
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
