package io.github.httplongcut.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BoundedLabelsTest {

  private final BoundedLabels labels = new BoundedLabels();

  @Test
  void nameThatIsOnlyLookedUpTakesNoPlace() {
    for (int i = 0; i < 2 * BoundedLabels.MAX_VALUES; i++) {
      assertThat(labels.ofKnown("t" + i)).isEqualTo(BoundedLabels.OTHER);
    }

    assertThat(labels.of("orders")).isEqualTo("orders");
    assertThat(labels.ofKnown("orders")).isEqualTo("orders");
  }

  @Test
  void theFirstNamesAreTheirOwnValues() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES; i++) {
      assertThat(labels.of("t" + i)).isEqualTo("t" + i);
    }
  }

  @Test
  void aKnownNameTakesNoFurtherPlace() {
    for (int i = 0; i < 2 * BoundedLabels.MAX_VALUES; i++) {
      labels.of("orders");
    }

    assertThat(labels.of("billing")).isEqualTo("billing");
  }

  @Test
  void furtherNamesShareOneValue() {
    for (int i = 0; i < BoundedLabels.MAX_VALUES; i++) {
      labels.of("t" + i);
    }

    assertThat(labels.of("late")).isEqualTo(BoundedLabels.OTHER);
    assertThat(labels.of("later")).isEqualTo(BoundedLabels.OTHER);
    assertThat(labels.of("t0")).isEqualTo("t0");
  }

  @Test
  void theLimitHoldsForSeveralThreads() throws Exception {
    int threads = 4;
    Set<String> values = ConcurrentHashMap.newKeySet();
    CyclicBarrier start = new CyclicBarrier(threads);
    Callable<Void> task =
        () -> {
          start.await(10, TimeUnit.SECONDS);
          for (int i = 0; i < 2 * BoundedLabels.MAX_VALUES; i++) {
            values.add(labels.of("t" + i));
          }
          return null;
        };
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(executor.submit(task));
      }
      for (Future<Void> each : running) {
        each.get(10, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(values).contains(BoundedLabels.OTHER).hasSize(BoundedLabels.MAX_VALUES + 1);
  }
}
