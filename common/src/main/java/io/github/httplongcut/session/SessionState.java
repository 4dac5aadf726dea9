package io.github.httplongcut.session;

/**
 * State of a {@link Session}, for readiness and for clocks that pause while the session is not
 * healthy.
 *
 * @param publishing true if the publishing connection is open
 * @param consuming true if the process's own queues are consumed
 * @param blocked true if an alarm of RabbitMQ blocks the publishing connection
 */
public record SessionState(boolean publishing, boolean consuming, boolean blocked) {

  /** Returns whether the process can both consume and publish. */
  public boolean isHealthy() {
    return publishing && consuming && !blocked;
  }

  /** Returns a description of the state for {@code /readyz}. */
  public String describe() {
    if (blocked) {
      return "RabbitMQ has a memory or disk alarm and blocks publishing";
    }
    if (publishing && consuming) {
      return "connected";
    }
    String missing = publishing ? "consume" : consuming ? "publish" : "publish and consume";
    return "no connection to RabbitMQ to " + missing + "; see the log for the reason";
  }
}
