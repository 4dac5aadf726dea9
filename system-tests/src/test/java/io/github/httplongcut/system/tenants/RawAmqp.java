package io.github.httplongcut.system.tenants;

import io.github.httplongcut.system.rabbitmq.RabbitMq;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A minimal AMQP 0-9-1 client that publishes AMQP headers which the Java client would not write.
 * Frames and methods follow the AMQP 0-9-1 specification, sections 2.3 and 4.2.
 */
final class RawAmqp implements AutoCloseable {

  private static final int METHOD = 1;
  private static final int HEADER = 2;
  private static final int BODY = 3;
  private static final int FRAME_END = 0xce;
  private static final int MAX_FRAME = 131_072;

  private static final int CONNECTION = 10;
  private static final int CHANNEL = 20;
  private static final int BASIC = 60;
  private static final int CONFIRM = 85;

  private static final int HEADERS_TYPE_USER_APP = 1 << 13 | 1 << 5 | 1 << 4 | 1 << 3;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  /** Logs in and opens a channel in confirm mode. */
  RawAmqp(RabbitMq rabbitMq, String user) throws IOException {
    socket = new Socket(rabbitMq.host(), rabbitMq.amqpPort());
    socket.setSoTimeout(30_000);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
    out.write(new byte[] {'A', 'M', 'Q', 'P', 0, 0, 9, 1});
    await(CONNECTION, 10);
    String login = "\0" + user + "\0" + user;
    method(0, CONNECTION, 11, join(table(), shortText("PLAIN"), longText(login), shortText("en")));
    await(CONNECTION, 30);
    method(
        0,
        CONNECTION,
        31,
        bytes(
            body -> {
              body.writeShort(1); // channels
              body.writeInt(MAX_FRAME);
              body.writeShort(0); // no heartbeats
            }));
    method(0, CONNECTION, 40, join(shortText(RabbitMq.VHOST), shortText(""), new byte[] {0}));
    await(CONNECTION, 41);
    method(1, CHANNEL, 10, shortText(""));
    await(CHANNEL, 11);
    method(1, CONFIRM, 10, new byte[] {0});
    await(CONFIRM, 11);
  }

  /**
   * Publishes a message and waits for RabbitMQ's confirm.
   *
   * @param headers the AMQP header table, from {@link #table}
   */
  void publish(
      String exchange, String key, String type, String user, byte[] headers, byte[] content)
      throws IOException {
    byte[] zero = {0};
    method(1, BASIC, 40, join(new byte[2], shortText(exchange), shortText(key), zero));
    byte[] properties = join(headers, shortText(type), shortText(user), shortText("http-longcut"));
    frame(
        HEADER,
        1,
        bytes(
            body -> {
              body.writeShort(BASIC);
              body.writeShort(0);
              body.writeLong(content.length);
              body.writeShort(HEADERS_TYPE_USER_APP);
              body.write(properties);
            }));
    for (int at = 0; at < content.length; at += MAX_FRAME - 8) {
      int end = Math.min(content.length, at + MAX_FRAME - 8);
      frame(BODY, 1, Arrays.copyOfRange(content, at, end));
    }
    await(BASIC, 80);
  }

  /** A field table with these fields. */
  static byte[] table(byte[]... fields) {
    byte[] all = join(fields);
    return bytes(
        body -> {
          body.writeInt(all.length);
          body.write(all);
        });
  }

  /** A field of a table. The type is a letter of the specification, such as {@code F}. */
  static byte[] field(String name, char type, byte[] value) {
    return join(shortText(name), new byte[] {(byte) type}, value);
  }

  /** Tables nested to this depth. */
  static byte[] nested(int depth) {
    byte[] inner = table();
    for (int i = 1; i < depth; i++) {
      inner = table(field("t", 'F', inner));
    }
    return inner;
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

  private static byte[] shortText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return bytes(
        body -> {
          body.writeByte(utf8.length);
          body.write(utf8);
        });
  }

  private static byte[] longText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return bytes(
        body -> {
          body.writeInt(utf8.length);
          body.write(utf8);
        });
  }

  private void method(int channel, int classId, int methodId, byte[] arguments) throws IOException {
    frame(
        METHOD,
        channel,
        bytes(
            body -> {
              body.writeShort(classId);
              body.writeShort(methodId);
              body.write(arguments);
            }));
  }

  private void frame(int type, int channel, byte[] payload) throws IOException {
    out.writeByte(type);
    out.writeShort(channel);
    out.writeInt(payload.length);
    out.write(payload);
    out.writeByte(FRAME_END);
    out.flush();
  }

  /**
   * Reads frames until the expected method. A nack counts as an ack; any other method is an error.
   */
  private void await(int classId, int methodId) throws IOException {
    while (true) {
      int type = in.readUnsignedByte();
      in.readUnsignedShort();
      byte[] payload = in.readNBytes(in.readInt());
      in.readUnsignedByte();
      if (type != METHOD) {
        continue;
      }
      int gotClass = payload[0] << 8 | payload[1];
      int gotMethod = payload[2] << 8 | payload[3];
      boolean nacked = classId == BASIC && gotClass == BASIC && gotMethod == 120;
      if ((gotClass == classId && gotMethod == methodId) || nacked) {
        return;
      }
      throw new IOException(
          "unexpected AMQP method %d.%d from RabbitMQ: %s"
              .formatted(gotClass, gotMethod, new String(payload, StandardCharsets.ISO_8859_1)));
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
