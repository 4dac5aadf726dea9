package io.github.httplongcut.system.relay;

import io.github.httplongcut.testkit.ChildProcess;
import io.github.httplongcut.testkit.JavaHome;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Folder with the PEM files of a CA, and of certificates that it signed. */
public final class PemFolder {

  private static final String PASSWORD = "test-only";
  private static final Duration KEYTOOL_TIMEOUT = Duration.ofSeconds(60);

  private final Path folder;
  private final Path store;

  /** Makes the CA. */
  public PemFolder(Path folder) {
    this.folder = folder;
    this.store = folder.resolve("certificates.p12");
    generate("ca", "CN=ca", "-ext", "bc:c", "-validity", "400");
  }

  /** PEM file with the certificate of the CA. */
  public Path caFile() {
    return certificate("ca");
  }

  public Path certificate(String name) {
    return folder.resolve(name + ".pem");
  }

  public Path key(String name) {
    return folder.resolve(name + ".key");
  }

  /** Makes the files of a valid certificate for localhost. */
  public void valid(String name, String subject) {
    generate(name, subject, "-signer", "ca", "-validity", "365");
  }

  /** Makes the files of a certificate that expired 20 days ago. */
  void expired(String name, String subject) {
    generate(name, subject, "-signer", "ca", "-startdate", "-30d", "-validity", "10");
  }

  /** Replaces the files of one name by those of another. */
  void replace(String name, String by) {
    try {
      Files.copy(key(by), key(name), StandardCopyOption.REPLACE_EXISTING);
      Files.copy(certificate(by), certificate(name), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void generate(String name, String subject, String... more) {
    List<String> command =
        new ArrayList<>(
            List.of(JavaHome.program("keytool"), "-genkeypair", "-keyalg", "RSA", "-alias", name));
    command.addAll(List.of("-keysize", "2048", "-dname", subject, "-ext", "san=dns:localhost"));
    command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(List.of(more));
    ChildProcess.run(command, KEYTOOL_TIMEOUT);
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      write(certificate(name), "CERTIFICATE", keys.getCertificate(name).getEncoded());
      write(key(name), "PRIVATE KEY", keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void write(Path file, String type, byte[] content) throws IOException {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, base64, type));
  }
}
