package io.github.httplongcut.cli.doctor;

/** Faults of a server's certificate, the gravest first. */
enum CertificateFault {
  NO_TLS(
      "it does not speak TLS",
      "correct the port, or use the scheme without TLS; a server without TLS needs http or amqp"),
  HANDSHAKE_FAILED(
      "its TLS handshake fails",
      "if the server asks for a client certificate, set cert-file and key-file; otherwise compare the"
          + " TLS versions of both sides"),
  EXPIRED("its certificate has expired", "renew the certificate, and make the server load it"),
  NOT_YET_VALID(
      "its certificate is not valid yet",
      "check the clocks of both machines, or issue the certificate again with an earlier begin"),
  UNKNOWN_CA(
      "its certificate is signed by an unknown CA",
      "set ca-file to the PEM file of the CA that signed the certificate"),
  WRONG_HOST(
      "its certificate is for another host name",
      "use a host name that the certificate contains, or issue a certificate for this one"),
  EXPIRES_SOON(
      "its certificate expires soon", "renew the certificate now, and make the server load it");

  private final String words;
  private final String remedy;

  CertificateFault(String words, String remedy) {
    this.words = words;
    this.remedy = remedy;
  }

  String words() {
    return words;
  }

  String remedy() {
    return remedy;
  }
}
