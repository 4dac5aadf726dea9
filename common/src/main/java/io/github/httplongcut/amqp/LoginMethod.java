package io.github.httplongcut.amqp;

/** The setting {@code longcut.amqp.login}: how a process proves that it is its RabbitMQ user. */
enum LoginMethod {
  /** With a password, by the SASL mechanism PLAIN. */
  PASSWORD,
  /** With the certificate of {@code longcut.amqp.tls}, by the SASL mechanism EXTERNAL. */
  CERTIFICATE
}
