package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Network in which everything works until a test changes a field. */
final class FakeNetwork implements NetworkView {

  final Set<String> unknownHosts = new HashSet<>();
  final Set<Address> refused = new HashSet<>();

  final Map<Integer, LocalProcess> listeners = new HashMap<>();

  /** Addresses of hosts, as literals with spaces between them; 127.0.0.1 for all others. */
  final Map<String, String> addresses = new HashMap<>();

  @Override
  public List<InetAddress> resolve(String host) throws IOException {
    if (unknownHosts.contains(host)) {
      throw new UnknownHostException(host);
    }
    List<InetAddress> found = new ArrayList<>();
    for (String literal : addresses.getOrDefault(host, "127.0.0.1").split(" ", -1)) {
      found.add(InetAddress.getByName(literal));
    }
    return found;
  }

  @Override
  public void connect(String host, int port) throws IOException {
    if (refused.contains(new Address(host, port))) {
      throw new ConnectException("Connection refused");
    }
  }

  @Override
  public Optional<LocalProcess> listener(int port) {
    return Optional.ofNullable(listeners.get(port));
  }
}
