package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.amqp.AmqpConfig;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A self-signed certificate.
 *
 * @param context TLS context of a server that has it
 * @param pem PEM file of the certificate
 */
record TestCertificate(SSLContext context, Path pem) {

  private static final String PASSWORD = "of-this-test";

  /** Certificate for 127.0.0.1 from the day before yesterday on. */
  static TestCertificate valid(Path directory) throws Exception {
    return create(directory, "ip:127.0.0.1", "-2d", 365);
  }

  /**
   * Creates a certificate.
   *
   * @param name subject alternative name, such as {@code ip:127.0.0.1}
   * @param start first day, relative to today, such as {@code -2d}
   */
  static TestCertificate create(Path directory, String name, String start, int days)
      throws Exception {
    Path store =
        directory.resolve("server%s%s%d.p12".formatted(name.replace(':', '-'), start, days));
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                "san=" + name,
                "-startdate",
                start,
                "-validity",
                Integer.toString(days),
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    String base64 =
        Base64.getMimeEncoder().encodeToString(keys.getCertificate("server").getEncoded());
    Path pem = Path.of(store + ".pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n",
        StandardCharsets.US_ASCII);
    return new TestCertificate(context, pem);
  }

  /** Returns the TLS settings of a client that trusts this certificate. */
  AmqpConfig.Tls trusted() {
    return new AmqpConfig.Tls(Optional.of(pem), Optional.empty(), Optional.empty(), false);
  }
}
