package io.github.httplongcut.bench;

import io.github.httplongcut.testkit.NginxProcess;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * The upstream server: a private nginx with a single process, so that it takes little CPU time from
 * the relay. Delayed responses need the echo module, which Debian's {@code nginx-light} includes.
 */
final class NginxServer implements AutoCloseable {

  /** Path of a response of 250 bytes. */
  static final String SMALL = "/small";

  /** Path of a text of 16 KiB. */
  static final String FILE_16 = "/16k.txt";

  /** Path of a text of 256 KiB. */
  static final String FILE_256 = "/256k.txt";

  /** Path of a response that repeats the request's {@code n=}, which reveals mixed up responses. */
  static final String ECHO = "/who";

  /** Path of a response of 250 bytes after {@link #SLOW_DELAY}. */
  static final String SLOW = "/slow";

  static final Duration SLOW_DELAY = Duration.ofSeconds(5);

  /** Path of a response of 250 bytes after {@link #LATE_DELAY}. */
  static final String LATE = "/late";

  static final Duration LATE_DELAY = Duration.ofMillis(100);

  private static final Path ECHO_MODULE = Path.of("/usr/lib/nginx/modules/ngx_http_echo_module.so");
  private static final String SMALL_BODY = "0123456789".repeat(25);

  private final NginxProcess nginx;

  private NginxServer(NginxProcess nginx) {
    this.nginx = nginx;
  }

  static NginxServer start(Path logs) {
    if (!Files.exists(ECHO_MODULE)) {
      throw new BenchException(
          "nginx has no echo module (" + ECHO_MODULE + "): install Debian's nginx-light");
    }
    Path prefix = logs.resolve("nginx");
    try {
      Files.createDirectories(prefix.resolve("www"));
      Files.writeString(prefix.resolve("www" + FILE_16), text(16 * 1024));
      Files.writeString(prefix.resolve("www" + FILE_256), text(256 * 1024));
    } catch (IOException e) {
      throw new BenchException("cannot write to " + prefix, e);
    }
    return new NginxServer(
        NginxProcess.start(
            Children.endingWithParent(List.of("nginx")), prefix, port -> config(prefix, port)));
  }

  String url() {
    return "http://127.0.0.1:" + nginx.port();
  }

  int port() {
    return nginx.port();
  }

  long pid() {
    return nginx.pid();
  }

  private static String config(Path prefix, int port) {
    return """
        daemon off;
        master_process off;
        pid %1$s/nginx.pid;
        error_log stderr warn;
        load_module %2$s;
        events { worker_connections 19000; }
        http {
          access_log off;
          default_type text/plain;
          keepalive_requests 1000000000;
          keepalive_timeout 300s;
          client_body_buffer_size 64k;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen 127.0.0.1:%3$d backlog=16384;
            root %1$s/www;
            location = %4$s { return 200 "%5$s"; }
            location = %6$s { return 200 "$arg_n"; }
            location = %7$s { echo_sleep %8$s; echo -n "%5$s"; }
            location = %9$s { echo_sleep %10$s; echo -n "%5$s"; }
          }
        }
        """
        .formatted(
            prefix,
            ECHO_MODULE,
            port,
            SMALL,
            SMALL_BODY,
            ECHO,
            SLOW,
            inSeconds(SLOW_DELAY),
            LATE,
            inSeconds(LATE_DELAY));
  }

  private static String inSeconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).toPlainString();
  }

  /** Returns random words; the same in each run. */
  private static String text(int length) {
    Random random = new Random(length);
    StringBuilder text = new StringBuilder(length);
    while (text.length() < length) {
      int column = text.length() % 80;
      text.append(
          column == 79 ? '\n' : (char) (random.nextInt(6) == 0 ? ' ' : 'a' + random.nextInt(26)));
    }
    return text.toString();
  }

  static byte[] smallBody() {
    return SMALL_BODY.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() {
    nginx.close();
  }
}
