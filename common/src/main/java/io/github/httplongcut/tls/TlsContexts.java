package io.github.httplongcut.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Creates TLS contexts from PEM files (RFC 7468): certificates, and an unencrypted PKCS #8 key. */
public final class TlsContexts {

  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final char[] NO_PASSWORD = new char[0];

  private TlsContexts() {}

  /**
   * Returns a context that trusts the CA certificates in {@code caFile}, or without a file the
   * JVM's CAs.
   *
   * @param certFile own certificate chain, if the peer asks for one; needs {@code keyFile}
   */
  public static SSLContext trusting(
      Optional<Path> caFile, Optional<Path> certFile, Optional<Path> keyFile)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = null; // null means the JVM's CAs
    if (caFile.isPresent()) {
      trusted = emptyStore();
      int number = 0;
      for (Certificate certificate : certificates(caFile.get())) {
        trusted.setCertificateEntry("ca-" + number++, certificate);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return context(keyManagers(certFile, keyFile), factory.getTrustManagers());
  }

  /**
   * Returns a context that accepts any certificate for any host name, for servers with self-signed
   * certificates.
   */
  public static SSLContext trustingAnybody(Optional<Path> certFile, Optional<Path> keyFile)
      throws IOException, GeneralSecurityException {
    return context(keyManagers(certFile, keyFile), new TrustManager[] {new TrustAllManager()});
  }

  /** Returns the first certificate of a PEM file, which is that of the file's owner. */
  public static X509Certificate certificate(Path file)
      throws IOException, GeneralSecurityException {
    return (X509Certificate) certificates(file).iterator().next();
  }

  /**
   * Returns whether Java can verify a certificate for this host name. Java rejects host names with
   * an underscore, in certificates and in SNI ({@link javax.net.ssl.SNIHostName}).
   */
  public static boolean verifies(String host) {
    return host.indexOf('_') < 0;
  }

  private static SSLContext context(KeyManager[] keys, TrustManager[] trust)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys, trust, null);
    return context;
  }

  private static KeyManager[] keyManagers(Optional<Path> certFile, Optional<Path> keyFile)
      throws IOException, GeneralSecurityException {
    if (certFile.isEmpty() || keyFile.isEmpty()) {
      return new KeyManager[0];
    }
    KeyStore own = emptyStore();
    Certificate[] chain = certificates(certFile.get()).toArray(new Certificate[0]);
    own.setKeyEntry("own", privateKey(keyFile.get()), NO_PASSWORD, chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(own, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
    if (certificates.isEmpty()) {
      throw new GeneralSecurityException(file + " contains no certificate in PEM format");
    }
    return certificates;
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    Matcher pem = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    if (!pem.find()) {
      throw new GeneralSecurityException(
          file
              + " contains no unencrypted PKCS #8 key (BEGIN PRIVATE KEY); convert the key with:"
              + " openssl pkcs8 -topk8 -nocrypt -in KEY -out FILE");
    }
    PKCS8EncodedKeySpec spec =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    return KEY_ALGORITHMS.stream()
        .flatMap(algorithm -> privateKey(algorithm, spec).stream())
        .findFirst()
        .orElseThrow(
            () -> new GeneralSecurityException(file + ": the key is not an RSA, EC or EdDSA key"));
  }

  private static Optional<PrivateKey> privateKey(String algorithm, PKCS8EncodedKeySpec spec) {
    try {
      return Optional.of(KeyFactory.getInstance(algorithm).generatePrivate(spec));
    } catch (GeneralSecurityException e) {
      return Optional.empty(); // the key is of another algorithm
    }
  }

  /**
   * Accepts any certificate. Extends {@link X509ExtendedTrustManager}, because for other trust
   * managers Java checks the host name itself.
   */
  private static final class TrustAllManager extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
