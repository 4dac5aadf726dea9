package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OnceTest {

  @Test
  void theQuestionIsAskedOnce() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Once<Integer> once = new Once<>(asked::incrementAndGet);
    assertThat(asked).hasValue(0);
    assertThat(once.get()).isEqualTo(1);
    assertThat(once.get()).isEqualTo(1);
  }

  @Test
  void aFailureIsTheSameForAll() {
    Once<Integer> once =
        new Once<>(
            () -> {
              throw new IOException("of this test");
            });
    assertThatThrownBy(once::get).isInstanceOf(IOException.class).hasMessage("of this test");
    assertThatThrownBy(once::get).isInstanceOf(IOException.class).hasMessage("of this test");
  }

  @Test
  void anInterruptedCallerDoesNotSpoilTheAnswer() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayAnswer = new CountDownLatch(1);
    Once<String> once =
        new Once<>(
            () -> {
              begun.countDown();
              mayAnswer.await();
              return "answer";
            });
    Thread impatient =
        new Thread(
            () -> {
              try {
                once.get();
              } catch (Exception e) {
                return; // interrupted
              }
            });
    impatient.start();
    begun.await();
    impatient.interrupt();
    impatient.join();
    mayAnswer.countDown();
    assertThat(once.get()).isEqualTo("answer");
  }
}
