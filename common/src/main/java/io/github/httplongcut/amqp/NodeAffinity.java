package io.github.httplongcut.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AddressResolver;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ResolvedInetAddress;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.ProcessId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where in a cluster a process's own queues are, and under which id. Such a queue lives on the node
 * by which it was declared, and is consumed by way of that node only: the fence of rule 1 is that
 * node's word (docs/protocol.md section 3, "In a cluster"). So a lost connection is made anew to
 * the same node first; a process that has to go to another node leaves its queues behind and
 * declares new ones there.
 *
 * <p>Nodes are told apart by IP address and port: RabbitMQ's handshake does not name the node.
 * Belongs to the link's thread.
 */
final class NodeAffinity implements AddressResolver {

  /** For how long nothing but the own node is tried: a short cut of the line costs no inbox. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(NodeAffinity.class);

  /** How a node is reached. */
  private record Place(InetAddress address, int port) {}

  private final List<AmqpConfig.Address> addresses;
  private final Member.Plans plans;
  private final LongSupplier clock;
  private ProcessId id;
  private int generation;
  private Topology.Plan plan;
  private Place place;
  private long leftAt;

  NodeAffinity(List<AmqpConfig.Address> addresses, Member member, LongSupplier clock) {
    this.addresses = addresses;
    this.plans = member.plans();
    this.clock = clock;
    this.id = member.id();
    this.plan = plans.plan(id, generation);
  }

  /** The id that the queues are for. */
  ProcessId id() {
    return id;
  }

  /** What is consumed now. */
  Topology.Plan plan() {
    return plan;
  }

  /**
   * Connected: what is declared from now on is on this node.
   *
   * @return whether that is another node than before, and all queues are new
   */
  boolean arrive(Connection connection) {
    Place here = new Place(connection.getAddress(), connection.getPort());
    boolean moved = place != null && !place.equals(here);
    if (moved) {
      replace("its node is not reached");
    }
    place = here;
    return moved;
  }

  /** The connection is gone, or of no use. */
  void leave() {
    leftAt = clock.getAsLong();
  }

  /** The queues cannot be used by way of any node: the next ones are new. */
  void abandon() {
    replace("its node is down");
    place = null;
  }

  private void replace(String why) {
    ProcessId before = id;
    id = id.renewed();
    generation++;
    plan = plans.plan(id, generation);
    log.warn(
        "event=inbox_replaced old_id={} queue={} why={}",
        before,
        plan.queues().get(0).name(),
        LogText.quoted(why));
  }

  /** Asked before each attempt to connect. */
  @Override
  public List<Address> getAddresses() throws IOException {
    List<Address> atHome = new ArrayList<>();
    List<Address> elsewhere = new ArrayList<>();
    UnknownHostException unknown = null;
    for (AmqpConfig.Address address : addresses) {
      try {
        for (InetAddress ip : InetAddress.getAllByName(address.host())) {
          boolean isHome = new Place(ip, address.port()).equals(place);
          // With the host's name, which a certificate is compared with.
          (isHome ? atHome : elsewhere)
              .add(new ResolvedInetAddress(address.host(), ip, address.port()));
        }
      } catch (UnknownHostException e) {
        unknown = e;
      }
    }
    if (unknown != null && atHome.isEmpty() && elsewhere.isEmpty()) {
      throw unknown;
    }
    if (!atHome.isEmpty() && clock.getAsLong() - leftAt < PATIENCE.toNanos()) {
      return atHome;
    }
    Collections.shuffle(elsewhere);
    atHome.addAll(elsewhere);
    return atHome;
  }

  /** The order matters. */
  @Override
  public List<Address> maybeShuffle(List<Address> input) {
    return input;
  }
}
