package io.github.httplongcut.system.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** A client on its way through one scenario, either directly or through the relay. */
final class Visitor {

  private final Client client;
  private final Origin origin;
  private final Transcript transcript = new Transcript();

  /** Of a client that leaves them to its user: values by name. */
  private final Map<String, String> cookies = new LinkedHashMap<>();

  Visitor(Client client, Origin origin) {
    this.client = client;
    this.origin = origin;
    client.forget();
  }

  /** Makes the call, with the cookies it has, and notes the answer. */
  ClientAnswer call(ClientCall call) {
    ClientCall withCookies = cookies.isEmpty() ? call : call.with("Cookie", cookieHeader());
    ClientAnswer answer = client.call(origin.url(), withCookies);
    if (!client.skills().contains(Client.Skill.KEEPS_COOKIES)) {
      answer.all("Set-Cookie").forEach(this::keep);
    }
    assertThat(answer.header("Longcut-Error")).as(answer.text()).isEmpty();
    assertThat(answer.header("Via").isPresent())
        .as("the relay says that it passed the answer on, a server does not")
        .isEqualTo(origin.relayed());
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
