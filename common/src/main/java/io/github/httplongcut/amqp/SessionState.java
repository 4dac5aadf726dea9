package io.github.httplongcut.amqp;

/**
 * How a {@link Session} fares, for readiness and for what does not count against others.
 *
 * @param publishing the publishing connection is open
 * @param consuming the process's own queues are consumed
 * @param blocked an alarm of RabbitMQ blocks the publishing connection
 */
public record SessionState(boolean publishing, boolean consuming, boolean blocked) {

  /** Whether what others say is heard and answered. */
  public boolean isHealthy() {
    return publishing && consuming && !blocked;
  }

  /** The same in words, for whoever reads {@code /readyz}. */
  public String describe() {
    if (blocked) {
      return "RabbitMQ blocks publishing: it has an alarm";
    }
    if (publishing && consuming) {
      return "connected";
    }
    String missing = publishing ? "consume" : consuming ? "publish" : "publish and consume";
    return "no connection to RabbitMQ to " + missing + "; the log says why";
  }
}
