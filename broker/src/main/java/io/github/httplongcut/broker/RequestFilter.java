package io.github.httplongcut.broker;

import io.github.httplongcut.admin.PageQuery;
import io.github.httplongcut.broker.core.Ending;
import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.protocol.ProcessId;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Query of a list of requests. A condition that is absent holds for every request.
 *
 * @param status a status code, or a class such as {@code 5xx}
 * @param text part of the method, path or an id, in any case
 * @param limit longest list
 */
record RequestFilter(
    Optional<String> target,
    Optional<String> status,
    Optional<String> outcome,
    Optional<String> text,
    int limit) {

  private static final int DEFAULT_LIMIT = 100;
  private static final Pattern STATUS = Pattern.compile("[1-9](\\d\\d|xx)");
  private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");

  /**
   * Reads the parameters of a page.
   *
   * @throws IllegalArgumentException if one is malformed; the message is for the operator
   */
  static RequestFilter of(PageQuery query) {
    Optional<String> status = query.parameter("status");
    require(status, STATUS, "status must be a status code or a class such as 5xx");
    Optional<String> limit = query.parameter("limit");
    require(limit, NUMBER, "limit must be a number");
    return new RequestFilter(
        query.parameter("target"),
        status,
        query.parameter("outcome"),
        query.parameter("text").map(text -> text.toLowerCase(Locale.ROOT)),
        Math.min(limit.map(Integer::parseInt).orElse(DEFAULT_LIMIT), RequestMemory.RECENT));
  }

  private static void require(Optional<String> value, Pattern form, String message) {
    if (value.isPresent() && !form.matcher(value.get()).matches()) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Returns whether all conditions hold for the request. */
  boolean accepts(RequestRecord record) {
    return target.map(record.subject().target()::equals).orElse(true)
        && outcome.map(record.outcome()::equals).orElse(true)
        && status.map(wanted -> hasStatus(record, wanted)).orElse(true)
        && text.map(part -> contains(record, part)).orElse(true);
  }

  private static boolean hasStatus(RequestRecord record, String wanted) {
    int status = record.ending().map(Ending::status).orElse(0);
    return wanted.endsWith("xx")
        ? status / 100 == wanted.charAt(0) - '0'
        : status == Integer.parseInt(wanted);
  }

  private static boolean contains(RequestRecord record, String part) {
    RequestRecord.Subject subject = record.subject();
    return Stream.of(
            subject.method(),
            subject.path(),
            subject.clientReqId().toString(),
            subject.clientId().toString(),
            record.history().lastAgent().map(ProcessId::toString).orElse(""))
        .anyMatch(each -> each.toLowerCase(Locale.ROOT).contains(part));
  }
}
