package io.github.httplongcut.listener;

import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.protocol.http.HttpOpenListener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;
import org.xnio.channels.AcceptingChannel;

/**
 * Accepts the HTTP/1.1 connections of one port, with threads of its own. Uses Undertow without
 * Undertow's builder, so that its user sees each connection before Undertow does, and so that
 * accepting can stop before everything else. {@link #serve} is thread-safe, the rest is not.
 */
public final class HttpAcceptor implements AutoCloseable {

  private static final int BUFFER_BYTES = 16 << 10;
  private static final int BACKLOG = 1024;
  private static final Duration SHUTDOWN_TIMEOUT = Duration.ofSeconds(2);

  /**
   * Threads of an acceptor.
   *
   * @param name start of the names of all threads
   * @param io number of threads that read and write
   * @param workers number of threads to which handlers dispatch
   */
  public record Threads(String name, int io, int workers) {}

  /** A way to end the threads. */
  private interface Ending {
    void end(XnioWorker pool) throws InterruptedException;
  }

  private final Threads threads;
  private final DefaultByteBufferPool buffers = new DefaultByteBufferPool(true, BUFFER_BYTES);
  private final HttpOpenListener http;
  private XnioWorker worker;
  private AcceptingChannel<StreamConnection> accepting;

  /**
   * Creates an acceptor without threads that does not listen yet.
   *
   * @param options options of Undertow
   */
  public HttpAcceptor(Threads threads, OptionMap options, HttpHandler handler) {
    this.threads = threads;
    this.http = new HttpOpenListener(buffers, options);
    http.setRootHandler(handler);
  }

  /** Starts the threads. After an exception the acceptor must be closed. */
  public void startThreads() throws IOException {
    worker =
        Xnio.getInstance(HttpAcceptor.class.getClassLoader())
            .createWorker(
                OptionMap.builder()
                    .set(Options.WORKER_NAME, threads.name)
                    .set(Options.WORKER_IO_THREADS, threads.io)
                    .set(Options.WORKER_TASK_CORE_THREADS, threads.workers)
                    .set(Options.WORKER_TASK_MAX_THREADS, threads.workers)
                    .set(Options.THREAD_DAEMON, true)
                    .getMap());
  }

  /**
   * Starts to accept connections. The threads have been started. After an exception the acceptor
   * must be closed.
   *
   * @param options further options of the sockets
   * @param onAccepted gets each connection, and passes it to {@link #serve} or closes it
   * @throws IOException if it cannot listen on the address
   */
  public void listen(
      InetSocketAddress address, OptionMap options, ChannelListener<StreamConnection> onAccepted)
      throws IOException {
    accepting =
        worker.createStreamConnectionServer(
            address,
            ChannelListeners.openListenerAdapter(onAccepted),
            OptionMap.builder()
                .set(Options.TCP_NODELAY, true)
                .set(Options.REUSE_ADDRESSES, true)
                .set(Options.BACKLOG, BACKLOG)
                .addAll(options)
                .getMap());
    accepting.resumeAccepts();
  }

  /** Serves the requests of an accepted connection. */
  public void serve(StreamConnection connection) {
    http.handleEvent(connection);
  }

  /** Returns the port on which this acceptor listens, also if it was started with port 0. */
  public int port() {
    return accepting.getLocalAddress(InetSocketAddress.class).getPort();
  }

  /** Stops accepting connections. Open connections stay open. */
  public void stopAccepting() {
    if (accepting != null && accepting.isOpen()) { // a second close would wait for ended threads
      IoUtils.safeClose(accepting);
    }
  }

  /** Closes every connection, and ends the threads. Those that are busy get 2 s to finish. */
  @Override
  public void close() {
    close(
        pool -> {
          pool.shutdown();
          if (!pool.awaitTermination(SHUTDOWN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
            pool.shutdownNow();
          }
        });
  }

  /** Closes every connection, and ends the threads. Those that are busy are interrupted. */
  public void closeNow() {
    close(
        pool -> {
          pool.shutdownNow();
          pool.awaitTermination(SHUTDOWN_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        });
  }

  private void close(Ending ending) {
    stopAccepting();
    http.closeConnections();
    if (worker != null) {
      try {
        ending.end(worker);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    buffers.close();
  }
}
