package io.github.httplongcut.cli.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.github.httplongcut.config.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AgentFilesTest {

  /** Certificate that signs itself. */
  private static final String CA =
      """
      -----BEGIN CERTIFICATE-----
      MIIBcjCCARegAwIBAgIUIYyeocAqcIyt/RU3MyNkMgOaWaswCgYIKoZIzj0EAwIw
      DTELMAkGA1UEAwwCY2EwIBcNMjYxMTMwMTQ1MzM5WhgPMjEyNjExMDYxNDUzMzla
      MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZjzHifQk
      mNeNDd5CEMXePqGx7K75bEujfHuxNUTLFCaYrT/VC8KisYxiO0AHfFODSLXR0re8
      AzCJPD7GkpoPpqNTMFEwHQYDVR0OBBYEFPcaOTfPNXE4ufM9DbBJEpUNQiQKMB8G
      A1UdIwQYMBaAFPcaOTfPNXE4ufM9DbBJEpUNQiQKMA8GA1UdEwEB/wQFMAMBAf8w
      CgYIKoZIzj0EAwIDSQAwRgIhALnrVBzfzcsQjI4uo6uP+GuMwvEq19+6EtYu1Zjw
      loL6AiEA5Q7BQiyr+OTkhrifHNiNbcm6uU0dmzWXqZN2kcZbm50=
      -----END CERTIFICATE-----
      """;

  @TempDir private Path directory;

  @Test
  void clientAgentOfOneTargetSendsAllRequestsThere() throws Exception {
    Config written = write(clientAgent("orders"), options("--port", "8100"));

    assertThat(written.getInt("longcut.client-agent.port")).isEqualTo(8100);
    assertThat(written.getString("longcut.client-agent.default-upstream-target"))
        .isEqualTo("orders");
    assertThat(written.getStringList("longcut.amqp.uris"))
        .containsExactly("amqps://acme@rabbit-1.example:5671/longcut");
    assertThat(Files.readString(Path.of(written.getString("longcut.amqp.password-file"))))
        .isEqualTo("s3cret\n");
  }

  @Test
  void settingsWithoutAPortLeaveTheDefaultToTheProcess() {
    Config written = write(clientAgent("orders"), options());

    assertThat(written.hasPath("longcut.client-agent.port")).isFalse();
    assertThat(written.hasPath("longcut.client-agent.admin")).isFalse();
  }

  @Test
  void clientAgentOfSeveralTargetsHasARouteForEach() {
    Config written = write(clientAgent("orders", "billing"), options());

    List<? extends Config> routes = written.getConfigList("longcut.client-agent.routes");
    assertThat(routes).hasSize(2);
    assertThat(routes.get(1).getString("path")).isEqualTo("/billing");
    assertThat(routes.get(1).getBoolean("strip-path")).isTrue();
    assertThat(routes.get(1).getString("upstream-target")).isEqualTo("billing");
  }

  @Test
  void upstreamAgentServesTheTargets() {
    Config written = write(upstreamAgent(), options("--target", "orders=http://10.0.0.5:8080/a?b"));

    assertThat(written.getString("longcut.upstream-agent.targets.orders.url"))
        .isEqualTo("http://10.0.0.5:8080/a?b");
  }

  @Test
  void filesAreForTheirOwnerOnlyAndTheSettingsHaveNoPassword() throws Exception {
    write(clientAgent("orders"), options());

    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as(file.toString())
            .isEqualTo("rw-------");
      }
    }
    assertThat(directory.resolve("acme.conf")).content().doesNotContain("s3cret");
    assertThat(directory).isDirectoryContaining("glob:**acme.password");
    assertThat(directory.toFile().list()).hasSize(2);
  }

  /** Everything from the file is quoted: no value of it becomes a setting or a substitution. */
  @Test
  void hostileVhostIsAValue() {
    JoiningFile grant =
        JoiningFiles.inVhost("x\"]}, include \"/etc/passwd\" ${HOME}", Role.CLIENT_AGENT, "orders");

    Config written = write(grant, options());

    assertThat(written.getStringList("longcut.amqp.uris").get(0))
        .endsWith("/x%22%5D%7D%2C%20include%20%22%2Fetc%2Fpasswd%22%20%24%7BHOME%7D");
  }

  @Test
  void ownSettingsTakePrecedence() throws Exception {
    Files.writeString(
        directory.resolve("acme.local.conf"), "longcut.client-agent.host = \"0.0.0.0\"");

    Config written = write(clientAgent("orders"), options());

    assertThat(written.getString("longcut.client-agent.host")).isEqualTo("0.0.0.0");
  }

  @Test
  void laterJoinTakesTheOptionsOfTheFirst() {
    Config first =
        write(
            upstreamAgent(),
            options("--target", "orders=http://10.0.0.5", "--admin-port", "0", "--id", "plant-1"));
    AgentOptions later = options();

    later.completeFrom(Role.UPSTREAM_AGENT, directory.resolve("acme.conf"));

    assertThat(write(upstreamAgent(), later)).isEqualTo(first);
  }

  @Test
  void ownSettingsAreNoOptionsOfALaterJoin() throws Exception {
    write(upstreamAgent(), options("--target", "orders=http://10.0.0.5"));
    String first = Files.readString(directory.resolve("acme.conf"));
    Files.writeString(
        directory.resolve("acme.local.conf"),
        "longcut.id = ${?UNKNOWN}\nlongcut.upstream-agent.targets.billing.url = \"http://a\"\n");

    write(upstreamAgent(), storedOptions(Role.UPSTREAM_AGENT));

    assertThat(directory.resolve("acme.conf")).hasContent(first);
  }

  @Test
  void onlyTargetOfTheFirstGrantIsNoChoice() {
    write(clientAgent("orders"), options());

    Config wider = write(clientAgent("orders", "billing"), storedOptions(Role.CLIENT_AGENT));
    assertThat(wider.getConfigList("longcut.client-agent.routes")).hasSize(2);
    assertThat(wider.hasPath("longcut.client-agent.default-upstream-target")).isFalse();

    write(clientAgent("orders"), options());
    AgentOptions other = storedOptions(Role.CLIENT_AGENT);
    other.check(clientAgent("billing"));
    assertThat(
            write(clientAgent("billing"), other)
                .getString("longcut.client-agent.default-upstream-target"))
        .isEqualTo("billing");
  }

  @Test
  void chosenTargetStaysChosen() {
    write(clientAgent("orders", "billing"), options("--upstream-target", "billing"));

    for (int i = 0; i < 2; i++) {
      Config later = write(clientAgent("orders", "billing", "x"), storedOptions(Role.CLIENT_AGENT));
      assertThat(later.getString("longcut.client-agent.default-upstream-target"))
          .isEqualTo("billing");
    }
  }

  @Test
  void storedTargetThatIsNoLongerGrantedAsksForTheOptionsAgain() {
    write(clientAgent("orders", "billing"), options("--upstream-target", "billing"));
    AgentOptions client = storedOptions(Role.CLIENT_AGENT);
    assertThatThrownBy(() -> client.check(clientAgent("orders")))
        .hasMessageContainingAll("'billing' is not granted", "acme.conf", "give all options again");

    write(upstreamAgent(), options("--target", "orders=http://a"));
    AgentOptions agent = storedOptions(Role.UPSTREAM_AGENT);
    assertThatThrownBy(() -> agent.check(file(Role.UPSTREAM_AGENT, "billing")))
        .hasMessageContainingAll("'orders' is not granted", "acme.conf", "give all options again");
  }

  @Test
  void filesOfOthersAreNotReplaced() throws Exception {
    AgentFiles files = AgentFiles.beside(directory.resolve("acme.longcut"));
    files.requireOwn();
    for (String name : List.of("acme.password", "acme.ca.pem", "acme.conf")) {
      Path foreign = Files.writeString(directory.resolve(name), "longcut.id = mine\n");
      assertThatThrownBy(files::requireOwn)
          .hasMessageContainingAll(foreign.toString(), "move it away");
      Files.delete(foreign);
    }

    files.write(clientAgent("orders"), options());
    files.requireOwn();

    Path foreign = Files.writeString(directory.resolve("acme.ca.pem"), "mine");
    assertThatThrownBy(files::requireOwn)
        .hasMessageContainingAll(foreign.toString(), "did not write it");
  }

  @Test
  void grantWithoutCaDeletesTheCaOfTheLastJoin() {
    AgentFiles files = AgentFiles.beside(directory.resolve("acme.longcut"));
    Path ca = directory.resolve("acme.ca.pem");

    Config first = write(JoiningFiles.withCa(CA, Role.CLIENT_AGENT, "orders"), options());
    assertThat(ca).hasContent(CA);
    assertThat(first.getString("longcut.amqp.tls.ca-file")).isEqualTo(ca.toString());
    files.requireOwn();

    Config later = write(clientAgent("orders"), options());
    assertThat(ca).doesNotExist();
    assertThat(later.hasPath("longcut.amqp.tls.ca-file")).isFalse();
    files.requireOwn();
  }

  @Test
  void trialWithoutCaLeavesTheCaOfTheLastJoin() throws Exception {
    AgentFiles files = AgentFiles.beside(directory.resolve("acme.longcut"));
    files.write(JoiningFiles.withCa(CA, Role.CLIENT_AGENT, "orders"), options());

    files
        .in(Files.createDirectory(directory.resolve("trial")))
        .write(clientAgent("orders"), options());

    assertThat(directory.resolve("acme.ca.pem")).hasContent(CA);
  }

  @Test
  void optionsOfAnotherRoleAndForeignTargetsAreRefused() {
    assertThatThrownBy(() -> options("--port", "1").check(upstreamAgent()))
        .hasMessageContaining("--port: the file is for the role upstream-agent");
    assertThatThrownBy(() -> options("--target", "orders=http://a").check(clientAgent("orders")))
        .hasMessageContaining("--target: the file is for the role client-agent");
    assertThatThrownBy(() -> options().check(upstreamAgent()))
        .hasMessageContainingAll("--target is missing", "orders");
    assertThatThrownBy(() -> options("--target", "billing=http://a").check(upstreamAgent()))
        .hasMessageContainingAll("'billing' is not granted", "grants orders");
    assertThatThrownBy(() -> options("--upstream-target", "billing").check(clientAgent("orders")))
        .hasMessageContaining("'billing' is not granted");
    assertThatThrownBy(() -> options("--target", "orders").check(upstreamAgent()))
        .hasMessageContaining("expected NAME=URL");
  }

  @Test
  void nameIsThatOfTheFile() {
    assertThat(AgentFiles.beside(Path.of("/a/acme.longcut")).settings())
        .hasToString("/a/acme.conf");
    assertThat(AgentFiles.beside(Path.of("/a/acme.conf")).settings())
        .hasToString("/a/acme.conf.conf");
  }

  private Config write(JoiningFile grant, AgentOptions options) {
    AgentFiles files = AgentFiles.beside(directory.resolve("acme.longcut"));
    files.write(grant, options);
    return ConfigFactory.parseFile(files.settings().toFile()).resolve();
  }

  private AgentOptions storedOptions(Role role) {
    AgentOptions options = options();
    options.completeFrom(role, directory.resolve("acme.conf"));
    return options;
  }

  private static AgentOptions options(String... arguments) {
    AgentOptions options = new AgentOptions();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("o", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs(arguments);
    return options;
  }

  private static JoiningFile clientAgent(String... targets) {
    return file(Role.CLIENT_AGENT, targets);
  }

  private static JoiningFile upstreamAgent() {
    return file(Role.UPSTREAM_AGENT, "orders");
  }

  private static JoiningFile file(Role role, String... targets) {
    return JoiningFiles.at("amqps://rabbit-1.example", role, targets);
  }
}
