package io.github.httplongcut.cli.echo;

import java.net.URI;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpRequestFactory;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/**
 * Request that keeps its target unchanged from the request line. The library's own request parses
 * the target as a URI and loses parts of it, for example the host of {@code //host/path}.
 */
final class ReceivedRequest extends BasicClassicHttpRequest {

  private static final long serialVersionUID = 1L;

  private final String target;

  private ReceivedRequest(String method, String target) {
    super(method, target);
    this.target = target;
  }

  /** Returns the request target of RFC 9112 section 3.2, neither decoded nor normalised. */
  String target() {
    return target;
  }

  /** Creates the requests of the server. */
  static final class Factory implements HttpRequestFactory<ClassicHttpRequest> {

    @Override
    public ClassicHttpRequest newHttpRequest(String method, String target) {
      return new ReceivedRequest(method, target);
    }

    @Override
    public ClassicHttpRequest newHttpRequest(String method, URI uri) {
      return new ReceivedRequest(method, uri.toString());
    }
  }
}
