package io.github.httplongcut.cli.doctor;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.config.Authority;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks of the category {@code network}: names and TCP connections. */
final class NetworkChecks {

  private final Facts facts;

  /** Hosts without an address, and the reasons. */
  private final Once<Map<String, String>> unknownHosts;

  NetworkChecks(Facts facts) {
    this.facts = facts;
    this.unknownHosts =
        new Once<>(() -> Together.failures(hosts(), host -> facts.network().resolve(host)));
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.NETWORK_RESOLVE, this::resolve, Finding.CONFIG_FILE),
        DoctorCheck.of(Finding.NETWORK_RABBITMQ, this::rabbitMq, Finding.NETWORK_RESOLVE),
        DoctorCheck.of(Finding.NETWORK_MANAGEMENT, this::management, Finding.NETWORK_RESOLVE),
        DoctorCheck.ofProcesses(Finding.NETWORK_BROKERS, this::processes, Finding.NETWORK_RESOLVE));
  }

  private Set<String> hosts() {
    Set<String> hosts = new LinkedHashSet<>();
    nodes().forEach(node -> hosts.add(node.host()));
    facts.management().ifPresent(management -> hosts.add(addressOf(management.address()).host()));
    facts.relay().processes().forEach(process -> hosts.add(addressOf(process.address()).host()));
    return hosts;
  }

  private List<Address> nodes() {
    return facts.amqp().map(amqp -> amqp.config().addresses()).orElse(List.of());
  }

  private CheckResult resolve() throws Exception {
    Map<String, String> unknown = unknownHosts.get();
    Set<String> hosts = hosts();
    if (unknown.isEmpty()) {
      return CheckResult.ok(
          Finding.NETWORK_RESOLVE, "addresses found for " + String.join(", ", hosts));
    }
    String seen = "no address for " + String.join(", ", unknown.keySet());
    return unknown.size() == hosts.size()
        ? CheckResult.fail(Finding.NETWORK_RESOLVE, seen, Together.words(unknown))
        : CheckResult.failInPart(Finding.NETWORK_RESOLVE, seen, Together.words(unknown));
  }

  private CheckResult rabbitMq() throws Exception {
    facts.requiredAmqp();
    return connections(Finding.NETWORK_RABBITMQ, nodes());
  }

  private CheckResult management() throws Exception {
    String url =
        facts
            .management()
            .orElseThrow(() -> new SkippedException("no --management is given"))
            .address();
    return connections(Finding.NETWORK_MANAGEMENT, List.of(addressOf(url)));
  }

  private CheckResult processes() throws Exception {
    List<AdminView> processes = facts.relay().processes();
    if (processes.isEmpty()) {
      return CheckResult.skip(
          Finding.NETWORK_BROKERS, "needs --broker with the address of a broker's admin pages");
    }
    Map<Address, String> names = new LinkedHashMap<>();
    processes.forEach(each -> names.put(addressOf(each.address()), facts.relay().words(each)));
    return connections(Finding.NETWORK_BROKERS, names);
  }

  private CheckResult connections(Finding finding, List<Address> addresses) throws Exception {
    Map<Address, String> names = new LinkedHashMap<>();
    addresses.forEach(address -> names.put(address, address.toString()));
    return connections(finding, names);
  }

  /** Connects to addresses, which have names for the output. */
  private CheckResult connections(Finding finding, Map<Address, String> names) throws Exception {
    Map<String, String> unknown = unknownHosts.get();
    List<Address> known = new ArrayList<>(names.keySet());
    known.removeIf(address -> unknown.containsKey(address.host()));
    if (known.isEmpty()) {
      return CheckResult.skip(finding, Finding.NETWORK_RESOLVE.id() + " failed for the host");
    }
    Map<Address, String> failures =
        Together.failures(
            known, address -> facts.network().connect(address.host(), address.port()));
    if (failures.isEmpty()) {
      return CheckResult.ok(finding, "connected to " + words(known));
    }
    List<String> refused = failures.keySet().stream().map(names::get).toList();
    String seen = "cannot connect to " + String.join(", ", refused);
    return failures.size() == known.size()
        ? CheckResult.fail(finding, seen, Together.words(failures))
        : CheckResult.failInPart(finding, seen, Together.words(failures));
  }

  private static String words(Iterable<Address> addresses) {
    List<String> words = new ArrayList<>();
    addresses.forEach(address -> words.add(address.toString()));
    return String.join(", ", words);
  }

  /** Returns host and port of a URL. */
  static Address addressOf(String url) {
    URI uri = URI.create(url);
    Authority authority = Authority.of(uri).orElseThrow();
    int usual = uri.getScheme().equals("https") ? 443 : 80;
    return new Address(authority.hostName(), authority.port() < 0 ? usual : authority.port());
  }
}
