package io.github.httplongcut.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sessions of people who have logged in with the token. A session ends after 12 hours, at the
 * logout, when the token changes, and when the process stops. Thread-safe.
 */
final class AdminSessions {

  static final Duration LIFETIME = Duration.ofHours(12);

  /** A further session ends the oldest. */
  static final int MAX_SESSIONS = 1_000;

  private static final int ID_BYTES = 32;

  private record Session(AdminToken token, long startNanos) {}

  private final SecureRandom random = new SecureRandom();

  /** By the digest of the id, so that the time of a look-up tells nothing about ids. */
  @GuardedBy("this")
  private final Map<String, Session> sessions =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Session> eldest) {
          return size() > MAX_SESSIONS;
        }
      };

  /**
   * Starts a session.
   *
   * @param token the token with which it was opened
   * @return the session's id, for the cookie
   */
  String start(AdminToken token, long nowNanos) {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    synchronized (this) {
      sessions.put(key(id), new Session(token, nowNanos));
    }
    return id;
  }

  /**
   * Returns whether a session is open.
   *
   * @param token the token that holds now
   */
  synchronized boolean isOpen(String id, AdminToken token, long nowNanos) {
    Session session = sessions.get(key(id));
    if (session == null) {
      return false;
    }
    boolean isOpen =
        session.token.isSameAs(token) && nowNanos - session.startNanos < LIFETIME.toNanos();
    if (!isOpen) {
      sessions.remove(key(id));
    }
    return isOpen;
  }

  /** Ends a session, if there is one. */
  synchronized void end(String id) {
    sessions.remove(key(id));
  }

  private static String key(String id) {
    return HexFormat.of().formatHex(AdminToken.digest(id));
  }
}
