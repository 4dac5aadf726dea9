package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedRequest;
import io.github.httplongcut.broker.inspect.CapturedExchange.CapturedResponse;
import io.github.httplongcut.broker.inspect.CapturedMessage.HeaderLine;
import java.util.List;

/**
 * Replaces secrets by {@value #MASK}: values of {@link SensitiveNames} in headers, in queries and
 * path parameters of URLs, and in bodies that are JSON or a form. A best effort: a secret elsewhere
 * stays. What is masked already stays as it is. Immutable.
 */
final class Masking {

  /** Stands for a secret. */
  static final String MASK = "•••";

  private final SensitiveNames names;

  Masking(SensitiveNames names) {
    this.names = names;
  }

  CapturedRequest mask(CapturedRequest request) {
    return new CapturedRequest(
        request.target(),
        request.method(),
        ParameterMask.maskUrl(names, request.url()),
        mask(request.message()));
  }

  CapturedResponse mask(CapturedResponse response) {
    return new CapturedResponse(response.status(), mask(response.message()));
  }

  private CapturedMessage mask(CapturedMessage message) {
    List<HeaderLine> headers = message.headers().stream().map(this::mask).toList();
    return new CapturedMessage(headers, mask(message.body(), message.contentType()));
  }

  private HeaderLine mask(HeaderLine line) {
    if (names.contains(line.name())) {
      return new HeaderLine(line.name(), MASK);
    }
    // Referer, Location and others hold URLs.
    return line.value().indexOf('=') < 0
        ? line
        : new HeaderLine(line.name(), ParameterMask.maskUrl(names, line.value()));
  }

  private CapturedBody mask(CapturedBody body, String contentType) {
    return body.text()
        .filter(text -> !text.isEmpty())
        .map(text -> masked(body, text, mask(text, contentType)))
        .orElse(body);
  }

  private static CapturedBody masked(CapturedBody body, String text, String masked) {
    return text.equals(masked) ? body : body.withText(masked);
  }

  private String mask(String text, String contentType) {
    if (contentType.contains("json") || looksLikeJson(text)) {
      return JsonMask.mask(names, text);
    }
    boolean mayBeForm = contentType.isEmpty() || contentType.contains("form-urlencoded");
    return mayBeForm ? ParameterMask.mask(names, text) : text;
  }

  private static boolean looksLikeJson(String text) {
    String start = text.stripLeading();
    return start.startsWith("{") || start.startsWith("[");
  }
}
