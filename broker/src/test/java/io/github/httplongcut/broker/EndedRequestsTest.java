package io.github.httplongcut.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.broker.core.RequestRecord;
import io.github.httplongcut.broker.core.RequestRecords;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EndedRequestsTest {

  private final RequestRecord first = RequestRecords.answered(1, 200, 0, 0);
  private final RequestRecord second = RequestRecords.answered(2, 200, 0, 0);
  private final List<RequestRecord> published = new ArrayList<>();

  @Test
  void accountsArePublishedOnceAndInTheirOrder() {
    EndedRequests ended = new EndedRequests(published::add);
    ended.add(first);
    ended.add(second);
    assertThat(published).isEmpty();

    ended.publish();
    ended.publish();

    assertThat(published).containsExactly(first, second);
  }

  @Test
  void accountThatCannotBePublishedAffectsNoOther() {
    EndedRequests ended =
        new EndedRequests(
            record -> {
              if (record.equals(first)) {
                throw new IllegalStateException("a bug, for this test");
              }
              published.add(record);
            });
    ended.add(first);
    ended.add(second);

    ended.publish();

    assertThat(published).containsExactly(second);
  }
}
