package io.github.httplongcut.upstream.http;

import io.github.httplongcut.tls.TlsContexts;
import io.github.httplongcut.upstream.http.TargetConfig.Trust;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.DefaultHostnameVerifier;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;

/**
 * Sets up TLS from a target's {@link Trust}. Verifies the host name unless the target is insecure.
 */
final class TlsTrust {

  private TlsTrust() {}

  /**
   * Returns the TLS settings for a target's server. HttpClient verifies host names that Java cannot
   * verify, such as those with an underscore.
   *
   * @throws IOException if the CA file cannot be read, or contains no certificate
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
            // The policy CLIENT verifies nothing without a verifier.
            .setHostnameVerifier(new DefaultHostnameVerifier());
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot set up TLS: " + e.getMessage(), e);
    }
    return builder.buildAsync();
  }
}
