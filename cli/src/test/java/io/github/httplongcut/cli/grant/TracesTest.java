package io.github.httplongcut.cli.grant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.doctor.GrantedRights;
import io.github.httplongcut.config.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

class TracesTest {

  private static final String INBOX = "client-agent.acme.shop-1-abcdef";

  @Test
  void queuesAndExchangesAreThoseWithAPrefixOfTheUser() {
    List<String> own =
        List.of(
            INBOX,
            "upstream-agent.acme.x-abcdef",
            "broker.acme.x-abcdef",
            "heartbeats.acme.x-abcdef",
            "client-agent.acme.x");
    List<String> foreign =
        List.of("client-agent.acme2.x-abcdef", "client-agent.b.acme", "client_request", "acme");
    List<String> all = new java.util.ArrayList<>(own);
    all.addAll(foreign);

    assertThat(all).filteredOn(name -> Traces.isOwn("acme", name)).isEqualTo(own);
    assertThat(new Traces(own, all, List.of()).inWords())
        .isEqualTo("5 queues, 9 exchanges, 0 bindings");
  }

  @Test
  void bindingsAreThoseOfTheUsersThingsAndThoseWithItsKeys() {
    List<Binding> own =
        List.of(
            binding("broker_hello", INBOX, ""),
            binding(INBOX, "client_request", "any"),
            binding("broker_response", "client_request", "acme.x"),
            binding("client_request_undelivered", "client_request", "*.acme.x-abcdef"),
            binding("broker_request", "upstream_heartbeat", "orders.acme.x-abcdef"));
    List<Binding> foreign =
        List.of(
            binding("", INBOX, INBOX), // ends with the queue
            binding("broker_request", "upstream-agent.plant.x-abcdef", "acme.plant.x-abcdef"),
            binding("broker_response", "client-agent.b.x-abcdef", "b.acme-abcdef"),
            binding("client_request", "client_request", "#"));
    List<Binding> all = new java.util.ArrayList<>(own);
    all.addAll(foreign);

    assertThat(all).filteredOn(binding -> Traces.isOwn("acme", binding)).isEqualTo(own);
  }

  @Test
  void bindingOfTheHellosToASharedNameIsAnUpstreamAgents() {
    Binding stray = new Binding("broker_hello", "upstream_heartbeat", false, "", "~");
    List<Binding> all =
        List.of(
            stray,
            binding("broker_hello", "upstream-agent.other.x-abcdef", ""),
            binding("broker_hello", "somebodys-tap", ""));

    assertThat(all).filteredOn(binding -> Traces.isOwn("plant", binding)).containsExactly(stray);
  }

  @Test
  void narrowedGrantDoesNotAllowTheBindingsOfALostTarget() {
    Binding kept =
        binding("broker_request", "upstream-agent.plant.x-abcdef", "orders.plant.x-abcdef");
    Binding lost =
        binding("broker_cancel", "upstream-agent.plant.x-abcdef", "billing.plant.x-abcdef");
    Binding fanout = binding("broker_hello", "upstream-agent.plant.x-abcdef", "");

    DeclaredRights rights =
        GrantedRights.of(Role.UPSTREAM_AGENT, "plant", "longcut", List.of("orders"));

    assertThat(List.of(kept, lost, fanout))
        .filteredOn(binding -> !Traces.mayMake(rights, binding))
        .containsExactly(lost);
  }

  /** A user with other permissions than now may have bound its queue to everybody's requests. */
  @Test
  void grantDoesNotAllowBindingsToWhatTheUserMayNotRead() {
    Binding kept = binding("broker_response", INBOX, INBOX.substring("client-agent.".length()));
    Binding unreadable = binding("broker_request", INBOX, "#");
    Binding foreign = binding("broker_response", "client-agent.b.x-abcdef", "acme.x-abcdef");

    DeclaredRights rights =
        GrantedRights.of(Role.CLIENT_AGENT, "acme", "longcut", List.of("orders"));

    assertThat(List.of(kept, unreadable, foreign))
        .filteredOn(binding -> !Traces.mayMake(rights, binding))
        .containsExactly(unreadable, foreign);
  }

  @Test
  void pathOfABindingIsPercentEncoded() {
    assertThat(new Binding("a b", "q/1", false, "k", "#~x").path("/"))
        .isEqualTo("/api/bindings/%2F/e/a%20b/e/q%2F1/%23%7Ex");
  }

  private static Binding binding(String source, String destination, String key) {
    return new Binding(source, destination, true, key, key);
  }
}
