package io.github.httplongcut.upstream;

import io.github.httplongcut.tls.TlsContexts;
import io.github.httplongcut.upstream.UpstreamAgentConfig.Trust;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;

/** Makes TLS of a target's {@link Trust}. The host name is checked, but where it is insecure. */
final class TlsTrust {

  private TlsTrust() {}

  /**
   * Makes TLS with a target's server. HttpClient compares the certificate with the host name where
   * Java cannot.
   *
   * @throws IOException if the CA file cannot be read, or holds no certificate
   */
  static TlsStrategy strategyOf(Trust trust, String host) throws IOException {
    ClientTlsStrategyBuilder builder = ClientTlsStrategyBuilder.create();
    try {
      if (trust.insecure()) {
        builder
            .setSslContext(TlsContexts.trustingAnybody(Optional.empty(), Optional.empty()))
            .setHostVerificationPolicy(HostnameVerificationPolicy.CLIENT)
            .setHostnameVerifier(NoopHostnameVerifier.INSTANCE);
      } else {
        builder
            .setSslContext(TlsContexts.trusting(trust.caFile(), Optional.empty(), Optional.empty()))
            .setHostVerificationPolicy(
                TlsContexts.verifies(host)
                    ? HostnameVerificationPolicy.BUILTIN
                    : HostnameVerificationPolicy.CLIENT)
            // Without one, the policy CLIENT compares nothing.
            .setHostnameVerifier(new DefaultHostnameVerifier());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot set up TLS: " + e.getMessage(), e);
    }
    return builder.buildAsync();
  }
}
