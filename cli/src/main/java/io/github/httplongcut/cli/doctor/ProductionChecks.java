package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.amqp.DemoPasswords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks of the category {@code production} about connections, ports and settings. Those about
 * RabbitMQ's users are {@link ProductionUserChecks}.
 */
final class ProductionChecks {

  /** Section of {@code /api/config} without sections in it. */
  private static final String SECTION = "\\s*\\{([^{}]*)}";

  private static final Pattern ADMIN = Pattern.compile("\\badmin" + SECTION);
  private static final Pattern INSPECT = Pattern.compile("\\binspect" + SECTION);
  private static final Pattern HOST = Pattern.compile("\\bhost=\"?([^\"\\s]+)");
  private static final Pattern TOKEN_FILE = Pattern.compile("\\btoken-file=\"?[^\"\\s]");
  private static final Pattern CAPTURE = Pattern.compile("\\bcapture=\"?true\\b");

  private static final int FIRST_WITH_AMQP_1 = 4;

  private final Facts facts;

  ProductionChecks(Facts facts) {
    this.facts = facts;
  }

  List<DoctorCheck> all() {
    return List.of(
        DoctorCheck.of(Finding.PRODUCTION_ENCRYPTION, this::encryption),
        DoctorCheck.ofProcesses(Finding.PRODUCTION_ADMIN, this::admin),
        DoctorCheck.ofProcesses(Finding.PRODUCTION_CAPTURE, this::capture),
        DoctorCheck.of(Finding.PRODUCTION_MANAGEMENT, this::management),
        DoctorCheck.of(Finding.PRODUCTION_PROTOCOL, this::protocol));
  }

  private CheckResult encryption() throws Exception {
    List<String> problems = new ArrayList<>();
    AmqpConfig amqp = facts.requiredAmqp().config();
    amqp.addressesInPlainText()
        .forEach(address -> problems.add("amqp://" + address + " has no TLS"));
    if (amqp.tls().filter(AmqpConfig.Tls::insecure).isPresent()) {
      problems.add("longcut.amqp.tls.insecure is true");
    }
    facts.given().served().stream()
        .filter(target -> target.trust().insecure())
        .forEach(target -> problems.add("target " + target.name() + " has insecure = true"));
    facts.relay().served().stream()
        .filter(target -> target.trust().insecure())
        .map(target -> "target " + target.name() + " of a running agent has insecure = true")
        .distinct()
        .forEach(problems::add);
    if (facts.management().isPresent()) {
      listeners("amqp")
          .forEach(
              listener -> problems.add("RabbitMQ accepts connections without TLS at " + listener));
    }
    return result(
        Finding.PRODUCTION_ENCRYPTION,
        problems,
        "anybody on the path can read and change the traffic, passwords included",
        "every known connection to another machine has TLS with a verified certificate");
  }

  private CheckResult admin() throws Exception {
    List<String> problems = new ArrayList<>();
    int seen = 0;
    for (AdminView process : processes()) {
      Optional<String> section = section(process, ADMIN);
      seen += section.isPresent() ? 1 : 0;
      boolean isOpen =
          section
              .flatMap(text -> found(HOST, text))
              .filter(host -> !DemoPasswords.isLoopback(host))
              .isPresent();
      if (isOpen && !TOKEN_FILE.matcher(section.orElse("")).find()) {
        problems.add(facts.relay().words(process) + " listens on all addresses without a token");
      }
    }
    requireAnswer(seen);
    return result(
        Finding.PRODUCTION_ADMIN,
        problems,
        "everybody who reaches the port can read the state of the relay",
        "the admin pages of %d processes are on loopback addresses, or need a token"
            .formatted(seen));
  }

  private CheckResult capture() throws Exception {
    List<String> problems = new ArrayList<>();
    int seen = 0;
    for (AdminView process : processes()) {
      Optional<String> page = page(process);
      seen += page.isPresent() ? 1 : 0;
      if (page.flatMap(text -> found(INSPECT, text)).filter(this::captures).isPresent()) {
        problems.add(facts.relay().words(process) + " has inspect.capture = true");
      }
    }
    requireAnswer(seen);
    return result(
        Finding.PRODUCTION_CAPTURE,
        problems,
        "whoever may use the admin pages can read bodies and header fields of other parties",
        "none of %d processes captures requests".formatted(seen));
  }

  private boolean captures(String inspect) {
    return CAPTURE.matcher(inspect).find();
  }

  private CheckResult management() throws Exception {
    facts.requiredManagement();
    List<String> problems = new ArrayList<>();
    for (String listener : listeners("http")) {
      problems.add("the management UI listens without TLS at " + listener);
    }
    return result(
        Finding.PRODUCTION_MANAGEMENT,
        problems,
        "an administrator's password passes there in plain text",
        "the management UI is on a loopback address, or has TLS");
  }

  private CheckResult protocol() throws Exception {
    String version =
        facts.management().isPresent()
            ? facts.requiredManagement().version()
            : facts.requiredAmqp().login().version();
    Matcher major = Pattern.compile("^(\\d{1,4})\\.").matcher(version);
    if (!major.find()) {
      throw new SkippedException("RabbitMQ's version is unknown");
    }
    if (Integer.parseInt(major.group(1)) >= FIRST_WITH_AMQP_1) {
      throw new SkippedException(
          "RabbitMQ %s speaks AMQP 1.0 to every user; see by hand that tenants that you do not trust"
                  .formatted(version)
              + " reach it only through a proxy for AMQP 0-9-1");
    }
    return CheckResult.ok(
        Finding.PRODUCTION_PROTOCOL,
        "RabbitMQ %s speaks AMQP 1.0 only with a plugin".formatted(version));
  }

  /** Returns the addresses of RabbitMQ's ports for a protocol that other machines can reach. */
  private List<String> listeners(String protocol) throws Exception {
    List<String> found = new ArrayList<>();
    for (JsonNode listener : facts.requiredManagement().listeners()) {
      // The ip_address of an HTTP port is always "::".
      String configured = listener.path("socket_opts").path("ip").asText();
      String host = configured.isEmpty() ? listener.path("ip_address").asText() : configured;
      if (listener.path("protocol").asText().equals(protocol)
          && !host.isEmpty()
          && !DemoPasswords.isLoopback(host)) {
        found.add(new Address(host, listener.path("port").asInt()).toString());
      }
    }
    return found.stream().distinct().toList();
  }

  private List<AdminView> processes() {
    if (facts.relay().processes().isEmpty()) {
      throw new SkippedException(
          "knows no process: give --broker, or --config on the machine of the process");
    }
    return facts.relay().processes();
  }

  private static void requireAnswer(int seen) {
    if (seen == 0) {
      throw new SkippedException("no process shows its settings");
    }
  }

  private static Optional<String> page(AdminView process) {
    try {
      return Optional.of(process.text("/api/config"));
    } catch (RuntimeException e) {
      return Optional.empty(); // network.brokers and relay.ready report the process
    }
  }

  private static Optional<String> section(AdminView process, Pattern section) {
    return page(process).flatMap(text -> found(section, text));
  }

  private static Optional<String> found(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  /** Returns a failure with the problems, or the words for no problem. */
  static CheckResult result(
      Finding finding, List<String> problems, String consequence, String well) {
    return problems.isEmpty()
        ? CheckResult.ok(finding, well)
        : CheckResult.problems(finding, problems, consequence);
  }
}
