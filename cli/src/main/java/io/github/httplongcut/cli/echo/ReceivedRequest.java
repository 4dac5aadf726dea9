package io.github.httplongcut.cli.echo;

import java.net.URI;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpRequestFactory;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;

/**
 * A request that remembers its target as it stood in the request line. The library's own request
 * parses it as a URI, and what it then gives back has lost, for example, the host of {@code
 * //host/path}.
 */
final class ReceivedRequest extends BasicClassicHttpRequest {

  private static final long serialVersionUID = 1L;

  private final String target;

  private ReceivedRequest(String method, String target) {
    super(method, target);
    this.target = target;
  }

  /** The request target of RFC 9112 section 3.2, neither decoded nor normalised. */
  String target() {
    return target;
  }

  /** Makes the server's requests of this kind. */
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
