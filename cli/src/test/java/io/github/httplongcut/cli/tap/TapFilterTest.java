package io.github.httplongcut.cli.tap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TapFilterTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everythingIsShownWithoutAFilter() throws IOException {
    TapFilter filter = new TapFilter(null, null);

    assertThat(filter.accepts(event("{'broker_id': 'b'}"))).isTrue();
    assertThat(filter.accepts(JSON.missingNode())).isTrue();
  }

  @Test
  void targetFilterShowsAllEventsOfItsRequests() throws IOException {
    TapFilter filter = new TapFilter("orders", null);

    assertThat(filter.accepts(event("{'upstream_target': 'orders', 'client_req_id': 'c1'}")))
        .isTrue();
    assertThat(filter.accepts(event("{'client_req_id': 'c1', 'broker_req_id': 'b1'}"))).isTrue();
    assertThat(filter.accepts(event("{'broker_req_id': 'b1', 'upstream_req_id': 'u1'}"))).isTrue();
    assertThat(filter.accepts(event("{'upstream_req_id': 'u1', 'status_code': 200}"))).isTrue();
  }

  @Test
  void eventsOfOtherTargetsAreHidden() throws IOException {
    TapFilter filter = new TapFilter("orders", null);

    assertThat(filter.accepts(event("{'upstream_target': 'billing', 'client_req_id': 'c2'}")))
        .isFalse();
    assertThat(filter.accepts(event("{'client_req_id': 'c2', 'broker_req_id': 'b2'}"))).isFalse();
    assertThat(filter.accepts(event("{'status_code': 200}"))).isFalse();
  }

  @Test
  void requestFilterFollowsTheOtherIdsOfTheRequest() throws IOException {
    TapFilter filter = new TapFilter(null, "c1");

    assertThat(filter.accepts(event("{'client_req_id': 'c2', 'broker_req_id': 'b2'}"))).isFalse();
    assertThat(filter.accepts(event("{'client_req_id': 'c1', 'broker_req_id': 'b1'}"))).isTrue();
    assertThat(filter.accepts(event("{'broker_req_id': 'b1', 'upstream_req_id': 'u1'}"))).isTrue();
  }

  @Test
  void targetAndRequestMustBothMatch() throws IOException {
    TapFilter filter = new TapFilter("orders", "c1");

    assertThat(filter.accepts(event("{'upstream_target': 'billing', 'client_req_id': 'c1'}")))
        .isFalse();
    assertThat(filter.accepts(event("{'upstream_target': 'orders', 'client_req_id': 'c2'}")))
        .isFalse();
    assertThat(filter.accepts(event("{'upstream_target': 'orders', 'client_req_id': 'c1'}")))
        .isTrue();
  }

  @Test
  void theOldestIdsAreForgottenFirst() throws IOException {
    TapFilter filter = new TapFilter("orders", null);
    for (int i : IntStream.rangeClosed(0, TapFilter.MEMORY).toArray()) {
      filter.accepts(event("{'upstream_target': 'orders', 'client_req_id': 'c" + i + "'}"));
    }

    assertThat(filter.accepts(event("{'client_req_id': 'c0'}"))).isFalse();
    assertThat(filter.accepts(event("{'client_req_id': 'c1'}"))).isTrue();
  }

  private static JsonNode event(String json) throws IOException {
    return JSON.readTree(json.replace('\'', '"'));
  }
}
