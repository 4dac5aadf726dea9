package io.github.httplongcut.amqp;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.TimeUnit;

/** PEM files of a certificate and its key. */
record PemFiles(Path certificate, Path key) {

  private static final char[] PASSWORD = "of-this-test".toCharArray();

  /** Makes a self-signed certificate. */
  static PemFiles selfSigned(Path directory, String name, Duration validity) throws Exception {
    Path store = directory.resolve("own.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "own",
                "-keyalg",
                "EC",
                "-dname",
                name,
                "-validity",
                Long.toString(validity.toDays()),
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
      throw new IOException(Files.readString(directory.resolve("keytool.log")));
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    return new PemFiles(
        write(directory.resolve("own.pem"), "CERTIFICATE", keys.getCertificate("own").getEncoded()),
        write(
            directory.resolve("own.key"),
            "PRIVATE KEY",
            keys.getKey("own", PASSWORD).getEncoded()));
  }

  private static Path write(Path file, String type, byte[] content) throws IOException {
    String base64 = Base64.getMimeEncoder().encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(type, base64, type));
  }
}
