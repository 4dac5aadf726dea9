package io.github.httplongcut.system.tenants;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A minimal AMQP 1.0 client that sends messages with sections that the caller encodes. RabbitMQ 4
 * accepts AMQP 1.0 on the same port as AMQP 0-9-1. Types, performatives and sections follow the
 * AMQP 1.0 specification, parts 1 to 3 and 5.
 */
final class RawAmqp10 implements AutoCloseable {

  private static final int AMQP = 0;
  private static final int SASL = 1;

  private static final int OPEN = 0x10;
  private static final int BEGIN = 0x11;
  private static final int ATTACH = 0x12;
  private static final int FLOW = 0x13;
  private static final int TRANSFER = 0x14;
  private static final int CLOSE = 0x18;
  private static final int SASL_MECHANISMS = 0x40;
  private static final int SASL_INIT = 0x41;
  private static final int SASL_OUTCOME = 0x44;

  private static final int TARGET = 0x29;
  private static final int MESSAGE_ANNOTATIONS = 0x72;
  private static final int PROPERTIES = 0x73;
  private static final int APPLICATION_PROPERTIES = 0x74;
  private static final int DATA = 0x75;

  private static final byte[] NULL = {0x40};
  private static final byte[] TRUE = {0x41};
  private static final byte[] FALSE = {0x42};
  private static final byte[] EMPTY_LIST = {0x45};

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  /**
   * Logs in and attaches a sender.
   *
   * @throws IOException if RabbitMQ refuses the login or the sender. The message contains
   *     RabbitMQ's error only if it refuses the sender
   */
  RawAmqp10(RabbitMq rabbitMq, String user, String exchange, String key) throws IOException {
    socket = new Socket(rabbitMq.host(), rabbitMq.amqpPort());
    socket.setSoTimeout(30_000);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
    header(3);
    await(SASL_MECHANISMS);
    byte[] login = ("\0" + user + "\0" + user).getBytes(StandardCharsets.UTF_8);
    frame(SASL, SASL_INIT, symbol("PLAIN"), binary(login));
    await(SASL_OUTCOME);
    header(0);
    frame(AMQP, OPEN, text("TenantsIT " + user), text("vhost:" + RabbitMq.VHOST));
    await(OPEN);
    frame(AMQP, BEGIN, NULL, integer(0), integer(100), integer(100));
    await(BEGIN);
    byte[] target = described(TARGET, list(text("/exchanges/" + exchange + "/" + key)));
    byte[] source = described(0x28, EMPTY_LIST);
    frame(
        AMQP,
        ATTACH,
        text("link"),
        integer(0),
        FALSE,
        NULL,
        NULL,
        source,
        target,
        NULL,
        NULL,
        integer(0));
    await(FLOW);
  }

  /**
   * Sends a settled message and closes the connection; waits until RabbitMQ has closed its side.
   */
  void send(byte[]... sections) throws IOException {
    byte[] performative =
        described(TRANSFER, list(integer(0), integer(0), binary(new byte[] {1}), integer(0), TRUE));
    write(AMQP, join(performative, join(sections)));
    frame(AMQP, CLOSE);
    await(CLOSE);
  }

  /** The section {@code properties} with user id and content type only. */
  static byte[] properties(String user, byte[] contentType) {
    byte[] userId = binary(user.getBytes(StandardCharsets.UTF_8));
    return described(PROPERTIES, list(NULL, userId, NULL, NULL, NULL, NULL, contentType));
  }

  /** The section {@code message-annotations} with one annotation. Its value is already encoded. */
  static byte[] annotation(String name, byte[] value) {
    return described(MESSAGE_ANNOTATIONS, map(symbol(name), value));
  }

  /** The section {@code application-properties} with one property. Its value is already encoded. */
  static byte[] property(String name, byte[] value) {
    return described(APPLICATION_PROPERTIES, map(text(name), value));
  }

  /** The section {@code data}. */
  static byte[] data(byte[] content) {
    return described(DATA, binary(content));
  }

  /** An encoded string. */
  static byte[] text(String text) {
    return sized(0xb1, text.getBytes(StandardCharsets.UTF_8));
  }

  /** An encoded symbol. */
  static byte[] symbol(String text) {
    return sized(0xb3, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** An encoded UUID of zeros. */
  static byte[] uuid() {
    return join(new byte[] {(byte) 0x98}, new byte[16]);
  }

  /** An encoded list of encoded values. */
  static byte[] list(byte[]... values) {
    return compound(0xd0, values);
  }

  private static byte[] map(byte[]... namesAndValues) {
    return compound(0xd1, namesAndValues);
  }

  private static byte[] integer(int number) {
    return bytes(
        body -> {
          body.writeByte(0x70);
          body.writeInt(number);
        });
  }

  private static byte[] binary(byte[] value) {
    return sized(0xb0, value);
  }

  private static byte[] sized(int code, byte[] value) {
    return bytes(
        body -> {
          body.writeByte(code);
          body.writeInt(value.length);
          body.write(value);
        });
  }

  private static byte[] compound(int code, byte[]... values) {
    byte[] all = join(values);
    return bytes(
        body -> {
          body.writeByte(code);
          body.writeInt(all.length + Integer.BYTES);
          body.writeInt(values.length);
          body.write(all);
        });
  }

  private static byte[] described(int descriptor, byte[] value) {
    return join(new byte[] {0, 0x53, (byte) descriptor}, value);
  }

  private interface Writing {
    void to(DataOutputStream body) throws IOException;
  }

  private static byte[] bytes(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      writing.to(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new IllegalStateException(e); // nothing here does I/O
    }
    return bytes.toByteArray();
  }

  private static byte[] join(byte[]... parts) {
    return bytes(
        body -> {
          for (byte[] part : parts) {
            body.write(part);
          }
        });
  }

  private void header(int protocol) throws IOException {
    out.write(new byte[] {'A', 'M', 'Q', 'P', (byte) protocol, 1, 0, 0});
    out.flush();
    byte[] theirs = in.readNBytes(8);
    if (theirs.length < 8 || theirs[4] != protocol) {
      throw new IOException("RabbitMQ does not support AMQP 1.0 on this port");
    }
  }

  private void frame(int type, int performative, byte[]... fields) throws IOException {
    write(type, described(performative, fields.length == 0 ? EMPTY_LIST : list(fields)));
  }

  private void write(int type, byte[] body) throws IOException {
    out.writeInt(8 + body.length);
    out.writeByte(2);
    out.writeByte(type);
    out.writeShort(0);
    out.write(body);
    out.flush();
  }

  /** Reads frames until the expected performative. A detach, end or close before it is an error. */
  private void await(int performative) throws IOException {
    while (true) {
      byte[] frame = in.readNBytes(in.readInt() - Integer.BYTES);
      if (frame.length <= 4) {
        continue; // an empty frame, which is a heartbeat
      }
      int got = frame[6] & 0xff;
      if (got == performative) {
        return;
      }
      if (got >= 0x16) { // detach, end or close
        throw new IOException(
            "RabbitMQ refused: " + new String(frame, StandardCharsets.ISO_8859_1));
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
