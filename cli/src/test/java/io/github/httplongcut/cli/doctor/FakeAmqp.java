package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.amqp.AmqpLogin;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Secret;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** RabbitMQ that is well until a test changes a field. */
final class FakeAmqp implements AmqpView {

  static final Address NODE = new Address("127.0.0.1", 5672);

  List<Address> nodes = List.of(NODE);
  String user = "admin";
  String password = "a-long-password";
  Optional<AmqpConfig.Tls> tls = Optional.empty();
  Login login = new Login(LoginState.LOGGED_IN, "", "3.10.8");
  Optional<String> blocked = Optional.empty();

  /** Rights of the user; a user without rights if they are missing. */
  Optional<UserRights> rights = Optional.empty();

  final Map<Address, Greeting> greetings = new HashMap<>();
  final Set<String> exchanges = new HashSet<>();

  /** Names of exchanges and queues that RabbitMQ does not show to the user. */
  final Set<String> hidden = new HashSet<>();

  private final Map<String, Deque<QueueCounts>> queues = new ConcurrentHashMap<>();

  /** Number of connections that are not closed. */
  final AtomicInteger open = new AtomicInteger();

  final List<AccessAttempt> publications = new ArrayList<>();

  FakeAmqp() {
    Definitions.forNodes(1).exchanges().forEach(each -> exchanges.add(each.path("name").asText()));
    looks("client_request", new QueueCounts(0, 1));
    looks("orphan", new QueueCounts(0, 1));
  }

  @Override
  public AmqpConfig config() {
    Duration limit = Duration.ofSeconds(2);
    return new AmqpConfig(
        nodes,
        user,
        new AmqpLogin.FixedPassword(new Secret(password)),
        "longcut",
        tls,
        limit,
        limit,
        limit,
        limit,
        1 << 20);
  }

  @Override
  public Greeting greeting(Address node) {
    return greetings.getOrDefault(node, new Greeting(Reaction.SPEAKS_AMQP, ""));
  }

  @Override
  public Login login() {
    return login;
  }

  @Override
  public boolean hasExchange(String name) {
    requireShown("exchange " + name, name);
    return exchanges.contains(name);
  }

  private void requireShown(String what, String name) {
    if (hidden.contains(name)) {
      throw new HiddenException(user, what);
    }
  }

  /** Sets what successive looks at a queue see; the last one stays. Without any, it is missing. */
  void looks(String name, QueueCounts... looks) {
    queues.put(name, new ArrayDeque<>(List.of(looks)));
  }

  @Override
  public Optional<QueueCounts> queue(String name) {
    requireShown("queue " + name, name);
    Deque<QueueCounts> looks = queues.getOrDefault(name, new ArrayDeque<>());
    synchronized (looks) {
      return Optional.ofNullable(looks.size() > 1 ? looks.pop() : looks.peek());
    }
  }

  @Override
  public UserRights rights(String inbox, String probe) {
    return rights.orElse(attempt -> false);
  }

  @Override
  public Optional<String> blocked(AccessAttempt publication) {
    publications.add(publication);
    return blocked;
  }

  @Override
  public OpenConnections openConnections(Address address, int number) {
    if (greeting(address).reaction() != Reaction.SPEAKS_AMQP) {
      throw new CommandFailedException("no connection to " + address);
    }
    List<String> queues = IntStream.range(0, number).mapToObj(i -> "amq.gen-" + i).toList();
    open.addAndGet(number);
    return new OpenConnections() {
      @Override
      public List<String> queues() {
        return queues;
      }

      @Override
      public void close() {
        open.addAndGet(-number);
      }
    };
  }
}
