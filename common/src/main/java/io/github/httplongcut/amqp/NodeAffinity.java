package io.github.httplongcut.amqp;

import com.rabbitmq.client.Address;
import com.rabbitmq.client.AddressResolver;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ResolvedInetAddress;
import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Plan;
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
 * Keeps the consuming connection on the cluster node that holds the process's own queues
 * (docs/protocol.md section 3, "In a cluster"). A classic queue is stored on the node that declared
 * it. Its messages must be consumed through that node, because only that node's answer to a fence
 * settles them.
 *
 * <ul>
 *   <li>A lost connection is first opened to the same node again.
 *   <li>A process that connects to another node leaves its queues behind and declares new ones.
 * </ul>
 *
 * <p>Nodes are told apart by IP address and port, since RabbitMQ's handshake does not name the
 * node. Used by the link's thread only.
 */
final class NodeAffinity implements AddressResolver {

  /**
   * Time after a disconnect during which only the queues' node is tried. A short interruption thus
   * does not replace the queues.
   */
  static final Duration OWN_NODE_ONLY = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(NodeAffinity.class);

  /** Resolved address of a node. */
  private record NodeAddress(InetAddress address, int port) {}

  private final List<AmqpConfig.Address> addresses;
  private final Member.Plans plans;
  private final LongSupplier clock;
  private ProcessId id;
  private int generation;
  private Plan plan;
  private NodeAddress ownNode;
  private long disconnectedAt;

  NodeAffinity(List<AmqpConfig.Address> addresses, Member member, LongSupplier clock) {
    this.addresses = addresses;
    this.plans = member.plans();
    this.clock = clock;
    this.id = member.id();
    this.plan = plans.plan(id, generation);
  }

  /** Returns the process id that the queues are named after. */
  ProcessId id() {
    return id;
  }

  /** Returns the plan with the current queues. */
  Plan plan() {
    return plan;
  }

  /**
   * Notes the node of a new connection, on which queues are declared from now on.
   *
   * @return whether this is another node than before, so that the plan has new queues
   */
  boolean onConnected(Connection connection) {
    NodeAddress here = new NodeAddress(connection.getAddress(), connection.getPort());
    boolean moved = ownNode != null && !ownNode.equals(here);
    if (moved) {
      replace("connected to another node");
    }
    ownNode = here;
    return moved;
  }

  /** Notes that the connection is lost or closed. */
  void onDisconnected() {
    disconnectedAt = clock.getAsLong();
  }

  /** Replaces the queues, which no node can serve: RabbitMQ says that their node is down. */
  void onNodeDown() {
    replace("the node of the old queue is down");
    ownNode = null;
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

  /** Returns the addresses for the next attempt to connect, in the order in which to try them. */
  @Override
  public List<Address> getAddresses() throws IOException {
    List<Address> ownAddresses = new ArrayList<>();
    List<Address> otherAddresses = new ArrayList<>();
    UnknownHostException unknown = null;
    for (AmqpConfig.Address address : addresses) {
      try {
        for (InetAddress ip : InetAddress.getAllByName(address.host())) {
          boolean isOwnNode = new NodeAddress(ip, address.port()).equals(ownNode);
          // Keep the host name: TLS compares the certificate with it.
          (isOwnNode ? ownAddresses : otherAddresses)
              .add(new ResolvedInetAddress(address.host(), ip, address.port()));
        }
      } catch (UnknownHostException e) {
        unknown = e;
      }
    }
    if (unknown != null && ownAddresses.isEmpty() && otherAddresses.isEmpty()) {
      throw unknown;
    }
    if (!ownAddresses.isEmpty() && clock.getAsLong() - disconnectedAt < OWN_NODE_ONLY.toNanos()) {
      return ownAddresses;
    }
    Collections.shuffle(otherAddresses);
    ownAddresses.addAll(otherAddresses);
    return ownAddresses;
  }

  /** Returns the addresses in their order, which matters. */
  @Override
  public List<Address> maybeShuffle(List<Address> input) {
    return input;
  }
}
