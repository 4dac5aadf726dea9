package io.github.httplongcut.system.tenants;

import io.undertow.Undertow;
import io.undertow.server.HttpServerExchange;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The upstream server of the foreign target. It answers with method and path, and records those of
 * tenants' requests.
 */
final class ForeignServer implements AutoCloseable {

  private final List<String> stolen = new CopyOnWriteArrayList<>();
  private final Undertow server =
      Undertow.builder().addHttpListener(0, "127.0.0.1", this::answer).build();

  ForeignServer() {
    server.start();
  }

  private void answer(HttpServerExchange httpExchange) {
    String line = httpExchange.getRequestMethod() + " " + httpExchange.getRequestURI();
    if (httpExchange.getRequestURI().startsWith(TenantEvents.STOLEN)) {
      stolen.add(line);
    }
    httpExchange.getResponseSender().send(line);
  }

  /** The server's URL. */
  URI url() {
    InetSocketAddress address = (InetSocketAddress) server.getListenerInfo().get(0).getAddress();
    return URI.create("http://127.0.0.1:" + address.getPort());
  }

  /** Method and path of each tenant's request that reached this server. */
  List<String> stolen() {
    return stolen;
  }

  @Override
  public void close() {
    server.stop();
  }
}
