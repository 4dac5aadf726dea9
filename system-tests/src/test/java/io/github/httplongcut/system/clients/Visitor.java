package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A client in one run of a scenario, either directly or through the relay. */
final class Visitor {

  private final Client client;
  private final Origin origin;
  private final Transcript transcript = new Transcript();

  /** Cookie values by name, for a client that does not keep cookies itself. */
  private final Map<String, String> cookies = new LinkedHashMap<>();

  Visitor(Client client, Origin origin) {
    this.client = client;
    this.origin = origin;
    client.forget();
  }

  /** Sends the request with the current cookies and records the response. */
  ClientAnswer call(ClientCall call) {
    ClientCall withCookies = cookies.isEmpty() ? call : call.with("Cookie", cookieHeader());
    ClientAnswer answer = client.call(origin.url(), withCookies);
    if (!client.skills().contains(Client.Skill.KEEPS_COOKIES)) {
      answer.all("Set-Cookie").forEach(this::keep);
    }
    assertThat(answer.header("Longcut-Error")).as(answer.text()).isEmpty();
    for (String own : List.of("Via", "Longcut-Request-Id")) {
      assertThat(answer.header(own).isPresent())
          .as(own + ", which only the relay adds")
          .isEqualTo(origin.relayed());
    }
    transcript.add(origin, call, answer);
    return answer;
  }

  private void keep(String setCookie) {
    String[] pair = setCookie.split(";", 2)[0].split("=", 2);
    if (pair[1].isEmpty()) {
      cookies.remove(pair[0]);
    } else {
      cookies.put(pair[0], pair[1]);
    }
  }

  private String cookieHeader() {
    return cookies.entrySet().stream()
        .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
        .collect(Collectors.joining("; "));
  }

  boolean can(Client.Skill skill) {
    return client.skills().contains(skill);
  }

  Origin origin() {
    return origin;
  }

  Transcript transcript() {
    return transcript;
  }
}
