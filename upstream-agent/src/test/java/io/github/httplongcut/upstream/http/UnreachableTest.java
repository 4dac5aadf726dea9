package io.github.httplongcut.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnreachableTest {

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:3000, true",
    "http://localhost, true",
    "http://app.localhost, true",
    "'http://[::1]:3000', true",
    "http://10.0.0.5, false",
    "http://echo:8080, false",
    "http://127.example, false"
  })
  void errorExplainsALoopbackAddressInAContainer(String url, boolean explained) {
    TargetServer server = TargetServer.of(Examples.config(url));
    Exception refused = new ConnectException("Connection refused");

    assertThat(Unreachable.describe(server, refused, true).contains("host.docker.internal"))
        .isEqualTo(explained);
    assertThat(Unreachable.describe(server, refused, false)).endsWith(": connection refused");
  }
}
