package io.github.httplongcut.system.doctor;

import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.JavaHome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A CA, and two certificates for localhost that it signed: a valid one and an expired one. */
final class TestCertificates {

  private static final char[] PASSWORD = "test-only".toCharArray();
  private static final Duration KEYTOOL_TIMEOUT = Duration.ofSeconds(60);

  private final KeyStore store;
  private final Path caFile;

  /**
   * Makes the certificates.
   *
   * @param folder existing folder for the files
   */
  TestCertificates(Path folder) {
    Path file = folder.resolve("certificates.p12");
    generate(file, "ca", "-ext", "bc:c", "-validity", "400");
    generate(file, "valid", "-signer", "ca", "-validity", "365");
    generate(file, "expired", "-signer", "ca", "-startdate", "-30d", "-validity", "10");
    this.caFile = folder.resolve("ca.pem");
    try (InputStream in = Files.newInputStream(file)) {
      this.store = KeyStore.getInstance("PKCS12");
      store.load(in, PASSWORD);
      Files.writeString(
          caFile,
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder().encodeToString(store.getCertificate("ca").getEncoded())
              + "\n-----END CERTIFICATE-----\n");
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void generate(Path store, String alias, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(JavaHome.program("keytool"), "-genkeypair", "-keyalg", "EC", "-alias", alias));
    command.addAll(List.of("-dname", "CN=" + alias, "-ext", "san=dns:localhost"));
    command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", new String(PASSWORD)));
    command.addAll(List.of(more));
    ChildProcess.run(command, KEYTOOL_TIMEOUT);
  }

  /** PEM file with the certificate of the CA. */
  Path caFile() {
    return caFile;
  }

  /** TLS of a server with the valid certificate. */
  SSLContext valid() {
    return context("valid");
  }

  /** TLS of a server whose certificate expired 20 days ago. */
  SSLContext expired() {
    return context("expired");
  }

  private SSLContext context(String alias) {
    try {
      KeyStore one = KeyStore.getInstance("PKCS12");
      one.load(null, null);
      one.setKeyEntry(
          alias, store.getKey(alias, PASSWORD), PASSWORD, store.getCertificateChain(alias));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(one, PASSWORD);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
