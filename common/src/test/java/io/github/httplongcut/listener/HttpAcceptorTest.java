package io.github.httplongcut.listener;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;

class HttpAcceptorTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final String SERVED = "served";

  private final HttpAcceptor acceptor =
      new HttpAcceptor(new HttpAcceptor.Threads("test", 1, 1), OptionMap.EMPTY, this::serve);
  private final CountDownLatch busy = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicReference<String> end = new AtomicReference<>();

  private void serve(HttpServerExchange exchange) {
    if (exchange.getRequestPath().equals("/slow")) {
      exchange.dispatch(dispatched -> work());
    } else {
      exchange.getResponseSender().send(SERVED);
    }
  }

  private void work() {
    busy.countDown();
    try {
      end.set(release.await(20, TimeUnit.SECONDS) ? "finished" : "late");
    } catch (InterruptedException e) {
      end.set("interrupted");
    }
  }

  @BeforeEach
  void listen() throws IOException {
    acceptor.startThreads();
    acceptor.listen(new InetSocketAddress(LOOPBACK, 0), OptionMap.EMPTY, acceptor::serve);
  }

  @AfterEach
  void close() {
    acceptor.closeNow();
  }

  @Test
  void openConnectionIsServedAfterTheEndOfAccepting() throws IOException {
    int port = acceptor.port();
    try (Socket socket = new Socket(LOOPBACK, port)) {
      get(socket, "/");
      assertThat(answer(socket)).startsWith("HTTP/1.1 200");

      acceptor.stopAccepting();
      acceptor.stopAccepting();

      assertThatThrownBy(() -> new Socket(LOOPBACK, port).close())
          .isInstanceOf(ConnectException.class);
      get(socket, "/");
      assertThat(answer(socket)).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void closeLetsABusyThreadFinish() throws Exception {
    try (Socket socket = new Socket(LOOPBACK, acceptor.port())) {
      get(socket, "/slow");
      assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
      Thread closing = new Thread(acceptor::close, "closes the acceptor");

      closing.start();
      await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);
      release.countDown();
      closing.join();

      assertThat(end).hasValue("finished");
      assertThat(answer(socket)).as("connection is closed").isEmpty();
    }
  }

  @Test
  void closeNowInterruptsABusyThread() throws Exception {
    try (Socket socket = new Socket(LOOPBACK, acceptor.port())) {
      get(socket, "/slow");
      assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();

      acceptor.closeNow();

      await().untilAsserted(() -> assertThat(end).hasValue("interrupted"));
    }
  }

  private static void get(Socket socket, String path) throws IOException {
    String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(US_ASCII));
  }

  /** Returns an answer, or what arrives of it before the end of the connection. */
  private static String answer(Socket socket) throws IOException {
    socket.setSoTimeout(10_000);
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    while (!answer.toString(US_ASCII).endsWith(SERVED)) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        break;
      }
      answer.write(next);
    }
    return answer.toString(US_ASCII);
  }
}
