package io.github.httplongcut.cli.doctor;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Return;
import com.rabbitmq.client.ReturnCallback;
import com.rabbitmq.client.ShutdownListener;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Connection whose channels answer each publication with a code, 406 by default. */
final class FakeChannels {

  /** RabbitMQ's code for a publication, by the exchange. */
  final Map<String, Integer> codes = new HashMap<>();

  /** Runs during each deletion of a queue. */
  Runnable duringDeletion = () -> {};

  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger mostOpen = new AtomicInteger();

  /** Returns the largest number of channels that were open at the same time. */
  int mostOpen() {
    return mostOpen.get();
  }

  Connection connection() {
    return proxy(
        Connection.class,
        (self, method, arguments) -> {
          mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
          return channel();
        });
  }

  private Channel channel() {
    ShutdownListener[] shutdown = new ShutdownListener[1];
    ReturnCallback[] returned = new ReturnCallback[1];
    return proxy(
        Channel.class,
        (self, method, arguments) -> {
          switch (method.getName()) {
            case "addShutdownListener" -> shutdown[0] = (ShutdownListener) arguments[0];
            case "addReturnListener" -> returned[0] = (ReturnCallback) arguments[0];
            case "basicPublish" ->
                answer(codes.getOrDefault(arguments[0], 406), shutdown[0], returned[0]);
            case "queueDelete" -> duringDeletion.run();
            case "abort" -> open.decrementAndGet();
            default -> {}
          }
          return null;
        });
  }

  private static void answer(int code, ShutdownListener shutdown, ReturnCallback returned)
      throws IOException {
    if (code == AMQP.NO_ROUTE) {
      returned.handle(new Return(code, "NO_ROUTE", "", "", null, new byte[0]));
    } else {
      AMQP.Channel.Close close =
          new AMQP.Channel.Close.Builder().replyCode(code).replyText("text").build();
      shutdown.shutdownCompleted(new ShutdownSignalException(false, false, close, null));
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
