package io.github.httplongcut.cli.doctor;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.github.httplongcut.amqp.AmqpConfig;
import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.cli.doctor.AmqpView.Greeting;
import io.github.httplongcut.cli.doctor.AmqpView.Reaction;
import io.github.httplongcut.cli.doctor.TlsHandshake.Verify;
import io.github.httplongcut.cli.sources.Reasons;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** First bytes of an AMQP connection. A frozen RabbitMQ accepts connections, and sends nothing. */
final class AmqpGreeting {

  /** Description of a server that is frozen. */
  static final String SILENT = "it accepts connections, and sends nothing for 2 s";

  /** Protocol header of AMQP 0-9-1. */
  private static final byte[] HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

  /** First byte of an AMQP frame with a method, such as connection.start. */
  private static final int METHOD_FRAME = 1;

  /** First byte of a TLS alert. */
  private static final int TLS_ALERT = 21;

  private AmqpGreeting() {}

  /** Connects to the node, and waits for its first bytes. */
  static Greeting of(Address node, Optional<AmqpConfig.Tls> tls) {
    try (Socket socket =
        tls.isPresent()
            ? encrypted(node, tls.get())
            : PlainSocket.connect(node.host(), node.port())) {
      return greeting(socket);
    } catch (SocketTimeoutException e) {
      return silent(SILENT);
    } catch (SSLException e) {
      return new Greeting(
          Reaction.SPEAKS_AMQP, ""); // it answers; the TLS checks tell what is wrong
    } catch (ConnectException | NoRouteToHostException | UnknownHostException e) {
      return new Greeting(Reaction.UNREACHABLE, Reasons.of(e));
    } catch (IOException e) {
      return silent(Reasons.of(e));
    }
  }

  private static Greeting silent(String why) {
    return new Greeting(Reaction.SILENT, why);
  }

  private static Socket encrypted(Address node, AmqpConfig.Tls tls) throws IOException {
    return TlsHandshake.connect(node.host(), node.port(), tls, Verify.NOTHING);
  }

  private static Greeting greeting(Socket socket) throws IOException {
    socket.getOutputStream().write(HEADER);
    socket.getOutputStream().flush();
    InputStream in = socket.getInputStream();
    int first = in.read();
    return switch (first) {
      case METHOD_FRAME -> new Greeting(Reaction.SPEAKS_AMQP, "");
      case -1 -> silent("it closes the connection without an answer");
      case TLS_ALERT -> silent("it speaks TLS: the address must begin with amqps://");
      default -> {
        byte[] start = new byte[4];
        start[0] = (byte) first;
        int length = 1 + in.readNBytes(start, 1, start.length - 1);
        String text = new String(start, 0, length, US_ASCII);
        yield silent("it does not speak AMQP; its answer begins with \"" + text + '"');
      }
    };
  }
}
