package io.github.httplongcut.cli.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ListenAddressesTest {

  private static final String REMEDY = "choose another port with --port";
  private static final Path OWN_SETTINGS = Path.of("acme.local.conf");

  @Test
  void portWithoutPrivilegeIsNoFaultOfTheHost() {
    assertThat(why(80, new BindException("Permission denied (Bind failed)")))
        .contains("127.0.0.1:80", "Permission denied", "ports below 1024 need a privilege", REMEDY)
        .doesNotContain("acme.local.conf");
  }

  @Test
  void portInUseHasThePortAsRemedy() {
    assertThat(why(8000, new BindException("Address already in use"))).contains("8000", REMEDY);
  }

  @Test
  void otherFailureIsOneOfTheSettings() {
    assertThat(why(8000, new BindException("Cannot assign requested address")))
        .contains("acme.local.conf")
        .doesNotContain(REMEDY);
  }

  private static String why(int port, IOException failure) {
    return ListenAddresses.why(new Address("127.0.0.1", port), failure, REMEDY, OWN_SETTINGS);
  }
}
