package io.github.httplongcut.system.fidelity;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.system.fidelity.Case.Difference;
import io.github.httplongcut.system.fidelity.Case.ForwardedMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The general differences between a direct and a relayed message, which apply to every message.
 *
 * @param upstream the value of Host for the upstream server
 * @param pseudonym the client agent's pseudonym in Via
 */
record Expected(String upstream, String pseudonym) {

  private static final String CALLER = "127.0.0.1";

  /** Placeholder for the current date (RFC 9110 section 6.6.1). */
  private static final String NOW = "(now)";

  private static final String REQUEST_ID = "Longcut-Request-Id";

  /** Placeholder for an id that no other response has. */
  private static final String NEW_ID = "(new id)";

  private static final Pattern ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /** The Host of requests to target {@code kept}, which has {@code preserve-host}. */
  static final String KEPT_HOST = "kept.example";

  /** The request that the upstream server must receive through the relay. */
  RawMessage request(RawMessage direct, ForwardedMode mode, List<Difference> differences) {
    String host = String.join("", direct.values("Host"));
    String version = direct.startLine().endsWith("HTTP/1.0") ? "1.0" : "1.1";
    RawMessage relayed =
        direct
            .startingWith(direct.startLine().replaceFirst("1\\.0$", "1.1"))
            .without("Connection")
            .sized()
            .with("Via", version + " " + pseudonym);
    relayed = host.equals(KEPT_HOST) ? relayed : relayed.replacing("Host", upstream);
    return applied(differences, forwarded(relayed, mode, host));
  }

  private static RawMessage forwarded(RawMessage message, ForwardedMode mode, String host) {
    RawMessage result = message;
    if (mode == ForwardedMode.REPLACE) {
      result = result.without("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto");
    }
    if (mode != ForwardedMode.OFF) {
      result = appended(result, "X-Forwarded-For", CALLER);
      result = host.isEmpty() ? result : appended(result, "X-Forwarded-Host", host);
      result = appended(result, "X-Forwarded-Proto", "http");
    }
    return result;
  }

  private static RawMessage appended(RawMessage message, String name, String value) {
    List<String> before = message.values(name);
    return before.isEmpty()
        ? message.with(name, value)
        : message.replacing(name, String.join(", ", before) + ", " + value);
  }

  /** The response that the caller must receive through the relay. */
  RawMessage response(RawMessage direct, List<Difference> differences) {
    RawMessage relayed = direct.without("Connection").sized().with("Via", "1.1 " + pseudonym);
    relayed = direct.values("Date").isEmpty() ? relayed.with("Date", NOW) : relayed;
    return applied(differences, relayed).with(REQUEST_ID, NEW_ID);
  }

  /**
   * Returns the responses with placeholders instead of what differs each time: {@link #NOW} instead
   * of a {@code Date} that is at most a minute off, and {@link #NEW_ID} instead of the id of a
   * request, if no two of the responses have the same.
   */
  static List<RawMessage> withPlaceholders(List<RawMessage> responses) {
    Set<String> seen = new HashSet<>();
    return responses.stream().map(each -> withoutId(withoutTime(each), seen)).toList();
  }

  private static RawMessage withoutId(RawMessage response, Set<String> seen) {
    List<String> ids = response.values(REQUEST_ID);
    boolean isNewId = ids.size() == 1 && ID.matcher(ids.get(0)).matches() && seen.add(ids.get(0));
    return isNewId ? response.replacing(REQUEST_ID, NEW_ID) : response;
  }

  private static RawMessage withoutTime(RawMessage response) {
    List<String> dates = response.values("Date");
    return dates.size() == 1 && isNow(dates.get(0)) ? response.replacing("Date", NOW) : response;
  }

  private static boolean isNow(String date) {
    try {
      Instant time = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date));
      return Duration.between(time, Instant.now()).abs().toMinutes() < 1;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static RawMessage applied(List<Difference> differences, RawMessage message) {
    RawMessage result = message;
    for (Difference difference : differences) {
      RawMessage changed = difference.change().apply(result);
      assertThat(changed.comparable())
          .as("the difference must change the message: %s", difference.why())
          .isNotEqualTo(result.comparable());
      result = changed;
    }
    return result;
  }
}
