package io.github.httplongcut.cli.doctor;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.ShutdownSignalException;
import io.github.httplongcut.cli.CommandFailedException;
import io.github.httplongcut.config.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Rights of the user of a connection, found by attempts. Each attempt has a channel of its own,
 * because RabbitMQ closes the channel after a refusal.
 *
 * <p>No attempt has an effect, because RabbitMQ checks the permissions first, and then finds
 * nothing to do:
 *
 * <ul>
 *   <li>{@code queue.delete}, {@code queue.purge} and {@code queue.unbind} name a queue with the
 *       random {@link #probe} in its name. It does not exist, so RabbitMQ answers 404, or ok.
 *   <li>{@code basic.publish} has a {@code user_id} that is not the user's name. RabbitMQ checks it
 *       after the permissions and before it routes the message (3.10 to 4.3), and refuses the
 *       message with 406. So it reaches no queue, and no request runs.
 *   <li>A user with the tag impersonator may use any {@code user_id}. The first publication goes to
 *       an exchange where nothing is bound with its key, and finds that out: no other follows.
 *   <li>Should a message be routed nevertheless: it expires at once, its body is empty, and its
 *       type is that of no event. Every receiver discards it.
 * </ul>
 */
final class LiveRights implements UserRights {

  private static final long LIMIT_MS = 1_500;

  private static final byte[] NO_BODY = new byte[0];

  private static final AMQP.BasicProperties OF_A_STRANGER =
      new AMQP.BasicProperties.Builder()
          .userId(RoleRights.STRANGER)
          .expiration("0")
          .type("longcut-doctor")
          .build();

  private static final String DEFAULT_EXCHANGE = "amq.default";

  private final FewChannels channels;
  private final String inbox;
  private final String probe;
  private final Once<Boolean> impersonator;

  /**
   * @param inbox queue that does not exist and that the user may write to if its role is right
   * @param probe random part of the names of things that do not exist
   */
  LiveRights(FewChannels channels, String inbox, String probe) {
    this.channels = channels;
    this.inbox = inbox;
    this.probe = probe;
    this.impersonator = new Once<>(this::findImpersonator);
  }

  /** RabbitMQ's reply: its code, and its text. 200 if it did what was asked. */
  private record Reply(int code, String text) {

    boolean isRefusal() {
      return code == AMQP.ACCESS_REFUSED;
    }

    /** The permission for the name was sufficient, and the topic permission was not. */
    boolean isAboutTopic() {
      return text.contains("to topic '");
    }

    boolean isAboutQueue() {
      return text.contains("to queue '");
    }
  }

  private interface Operation {
    void on(Channel channel) throws IOException;
  }

  @Override
  public List<AccessAttempt> allowed(Collection<AccessAttempt> attempts) throws Exception {
    requireNoImpersonator();
    Map<AccessAttempt, Boolean> answers = Together.answers(attempts, this::allow);
    return answers.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  @Override
  public boolean allow(AccessAttempt attempt) throws Exception {
    String name = attempt.name();
    String key = attempt.routingKey();
    return !switch (attempt.kind()) {
      case CONFIGURE -> reply(channel -> channel.queueDelete(absent(name), true, true)).isRefusal();
      case WRITE -> {
        Reply reply = publishUnlessImpersonator(name, key);
        yield reply.isRefusal() && !reply.isAboutTopic();
      }
      case READ -> {
        if (name.contains(probe)) {
          yield reply(channel -> channel.queuePurge(absent(name))).isRefusal();
        }
        Reply reply = reply(channel -> channel.queueUnbind(absent(inbox), name, key));
        yield reply.isRefusal() && !reply.isAboutTopic() && !reply.isAboutQueue();
      }
      case WRITE_KEY -> publishUnlessImpersonator(name, key).isRefusal();
      case READ_KEY -> reply(channel -> channel.queueUnbind(absent(inbox), name, key)).isRefusal();
    };
  }

  /** Returns the name after a check that nothing can have it. */
  private String absent(String name) {
    if (!name.contains(probe)) {
      throw new IllegalArgumentException("an attempt on something that may exist: " + name);
    }
    return name;
  }

  private Reply reply(Operation operation) throws Exception {
    return channels.use(channel -> reply(channel, operation));
  }

  private static Reply reply(Channel channel, Operation operation) throws IOException {
    try {
      operation.on(channel);
      channel.close();
      return new Reply(AMQP.REPLY_SUCCESS, "");
    } catch (ShutdownSignalException e) {
      return reply(e);
    } catch (IOException e) {
      if (e.getCause() instanceof ShutdownSignalException shutdown) {
        return reply(shutdown);
      }
      throw e;
    } catch (TimeoutException e) {
      throw new IOException("RabbitMQ did not close a channel in time", e);
    }
  }

  @Override
  public boolean isImpersonator() throws Exception {
    return impersonator.get();
  }

  /**
   * RabbitMQ looks for the exchange first, then checks the permissions, then the {@code user_id}.
   */
  private boolean findImpersonator() throws Exception {
    List<String> missing = new ArrayList<>();
    for (Role role : Role.values()) {
      AccessAttempt nowhere = RoleRights.harmlessPublication(role, probe);
      Reply reply = publish(nowhere.name(), nowhere.routingKey());
      switch (reply.code()) {
        case AMQP.NO_ROUTE -> {
          return true;
        }
        case AMQP.PRECONDITION_FAILED -> {
          return false;
        }
        case AMQP.NOT_FOUND -> missing.add(nowhere.name());
        default -> {} // the user may not publish there
      }
    }
    if (!missing.isEmpty()) {
      throw new SkippedException("exchange %s is missing".formatted(missing.get(0)));
    }
    return false;
  }

  private void requireNoImpersonator() throws Exception {
    if (isImpersonator()) {
      throw new SkippedException(
          "the user has the tag impersonator, with which attempts to publish would have an effect");
    }
  }

  private Reply publishUnlessImpersonator(String exchange, String key) throws Exception {
    requireNoImpersonator();
    return publish(exchange, key);
  }

  /**
   * Publishes a message that RabbitMQ refuses, or returns because nothing is bound with the key.
   */
  private Reply publish(String exchange, String key) throws Exception {
    return channels.use(channel -> publish(channel, exchange, key));
  }

  private static Reply publish(Channel channel, String exchange, String key)
      throws IOException, InterruptedException, ExecutionException {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    channel.addShutdownListener(shutdown -> reply.complete(reply(shutdown)));
    channel.addReturnListener(
        returned -> reply.complete(new Reply(returned.getReplyCode(), returned.getReplyText())));
    channel.basicPublish(
        exchange.equals(DEFAULT_EXCHANGE) ? "" : exchange, key, true, OF_A_STRANGER, NO_BODY);
    try {
      return reply.get(LIMIT_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new CommandFailedException("RabbitMQ did not answer a publication to " + exchange, e);
    }
  }

  private static Reply reply(ShutdownSignalException shutdown) {
    if (shutdown.getReason() instanceof AMQP.Channel.Close close) {
      return new Reply(close.getReplyCode(), close.getReplyText());
    }
    throw shutdown;
  }
}
