package io.github.httplongcut.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.httplongcut.protocol.Failure;
import io.github.httplongcut.upstream.http.HttpCaller.Result;
import io.github.httplongcut.upstream.http.TargetConfig.Trust;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that the client trusts for https. The server's certificate is self-signed. */
final class TlsTest {

  private static final char[] PASSWORD = "test-only".toCharArray();
  private static final RawServer.Script OK =
      connection -> {
        while (connection.readRequest()) {
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      };

  @TempDir private static Path directory;

  private static KeyStore forLocalhost;
  private static KeyStore forElsewhere;

  @BeforeAll
  static void makeCertificates() throws Exception {
    forLocalhost = certificate("localhost", "dns:localhost,ip:127.0.0.1");
    forElsewhere = certificate("elsewhere", "dns:elsewhere.example");
  }

  @Test
  void selfSignedCertificateIsNotTrusted() throws Exception {
    assertUntrusted(call(forLocalhost, Examples.SYSTEM_TRUST));
  }

  @Test
  void certificateInTheCaFileIsTrusted() throws Exception {
    Path caFile = directory.resolve("both.pem");
    Files.writeString(caFile, pem(forElsewhere) + "\n" + pem(forLocalhost));

    Result result = call(forLocalhost, new Trust(Optional.of(caFile), false));

    assertThat(result).isInstanceOf(Result.Answered.class);
  }

  @Test
  void certificateForAnotherHostIsNotTrusted() throws Exception {
    Path caFile = directory.resolve("elsewhere.pem");
    Files.writeString(caFile, pem(forElsewhere));

    assertUntrusted(call(forElsewhere, new Trust(Optional.of(caFile), false)));
  }

  /** Java cannot verify a host name with an underscore, so HttpClient verifies it. */
  @Test
  void certificateOfAHostWithAnUnderscoreIsComparedWithItsName() throws Exception {
    KeyStore wildcard = certificate("wildcard", "dns:*.shop.example");
    Path caFile = directory.resolve("underscore.pem");
    Files.writeString(caFile, pem(wildcard) + "\n" + pem(forElsewhere));
    Trust trust = new Trust(Optional.of(caFile), false);

    assertThat(call(wildcard, trust, "my_app.shop.example")).isInstanceOf(Result.Answered.class);
    assertUntrusted(call(forElsewhere, trust, "my_app.shop.example"));
    assertUntrusted(call(wildcard, Examples.SYSTEM_TRUST, "my_app.shop.example"));
  }

  @Test
  void insecureTargetTrustsAnyCertificate() throws Exception {
    assertThat(call(forElsewhere, Examples.INSECURE)).isInstanceOf(Result.Answered.class);
  }

  @Test
  void serverWithoutTlsIsUnreachable() throws Exception {
    try (RawServer server =
        RawServer.running(
            connection -> {
              connection.write("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
              connection.awaitEnd();
            })) {
      assertThat(call(server, Examples.INSECURE, "localhost"))
          .isInstanceOfSatisfying(
              Result.Failed.class,
              failed -> assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE));
    }
  }

  @Test
  void caFileWithoutCertificatesStopsTheStart() throws Exception {
    Path caFile = directory.resolve("empty.pem");
    Files.writeString(caFile, "");
    TargetConfig target =
        Examples.config("https://localhost", new Trust(Optional.of(caFile), false));

    assertThatThrownBy(() -> new UpstreamClient(List.of(target), new SimpleMeterRegistry()))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("'orders'", "empty.pem");
  }

  private static void assertUntrusted(Result result) {
    assertThat(result)
        .isInstanceOfSatisfying(
            Result.Failed.class,
            failed -> {
              assertThat(failed.failure()).isEqualTo(Failure.UPSTREAM_UNREACHABLE);
              assertThat(failed.message()).contains("TLS handshake failed");
            });
  }

  private static Result call(KeyStore certificate, Trust trust) throws Exception {
    return call(certificate, trust, "localhost");
  }

  private static Result call(KeyStore certificate, Trust trust, String host) throws Exception {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(certificate, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    try (RawServer server = RawServer.over(context.getServerSocketFactory(), OK)) {
      return call(server, trust, host);
    }
  }

  private static Result call(RawServer server, Trust trust, String host) throws IOException {
    TargetConfig target = Examples.config("https://" + host + ':' + server.port(), trust);
    try (UpstreamClient client =
        new UpstreamClient(
            List.of(target), new SimpleMeterRegistry(), Examples.resolver(name -> {}))) {
      client.start();
      CompletableFuture<Result> result = new CompletableFuture<>();
      client.call(
          target.name(), "/", Examples.get("/"), HttpCaller.Purpose.RELAY, result::complete);
      return result.orTimeout(10, TimeUnit.SECONDS).join();
    }
  }

  private static KeyStore certificate(String name, String alternativeNames) throws Exception {
    Path file = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + alternativeNames,
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .inheritIO()
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    return store;
  }

  private static String pem(KeyStore store) throws Exception {
    byte[] der = store.getCertificate(store.aliases().nextElement()).getEncoded();
    return "-----BEGIN CERTIFICATE-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END CERTIFICATE-----\n";
  }
}
