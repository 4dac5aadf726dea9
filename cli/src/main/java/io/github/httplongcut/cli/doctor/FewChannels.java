package io.github.httplongcut.cli.doctor;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Channels of one connection, {@value #MAX_OPEN} of them at a time. RabbitMQ may limit the channels
 * of a user, and closes the whole connection of the process that goes over the limit. Thread-safe.
 */
final class FewChannels {

  /** Maximum number of open channels. */
  static final int MAX_OPEN = 8;

  private final Connection connection;
  private final Semaphore permits = new Semaphore(MAX_OPEN);

  FewChannels(Connection connection) {
    this.connection = connection;
  }

  /** Use of a channel. */
  interface Use<T> {
    T with(Channel channel) throws Exception;
  }

  /** Opens a channel, uses it and closes it. First waits while too many channels are open. */
  <T> T use(Use<T> use) throws Exception {
    permits.acquire();
    try {
      Channel channel = connection.createChannel();
      if (channel == null) {
        throw new IOException("RabbitMQ allows no further channel");
      }
      try {
        return use.with(channel);
      } finally {
        channel.abort(); // does nothing if the channel is closed
      }
    } finally {
      permits.release();
    }
  }
}
