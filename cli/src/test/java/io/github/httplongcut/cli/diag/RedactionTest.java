package io.github.httplongcut.cli.diag;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RedactionTest {

  private final Redaction redaction =
      new Redaction(List.of("p@ss/word $1", "broker", "short"), Set.of("broker"));

  @Test
  void aKnownPasswordIsHiddenInAllItsForms() {
    assertThat(redaction.of("a p@ss/word $1 b p%40ss%2Fword+%241 c p%40ss%2Fword%20%241 d"))
        .isEqualTo("a *** b *** c *** d");
  }

  @Test
  void aLoginIsHiddenEvenIfItIsUnknown() {
    assertThat(redaction.of("uri=\"amqps://acme:un@known@host/v\", http://u:x@h:1/a@b"))
        .isEqualTo("uri=\"amqps://acme:***@host/v\", http://u:***@b");
  }

  @Test
  void aUrlWithoutALoginStays() {
    String text = "http://127.0.0.1:8002/api/status and amqp://host:5672/v, mail a@b";
    assertThat(redaction.of(text)).isEqualTo(text);
  }

  @Test
  void theNameOfAUserAndAShortWordStay() {
    assertThat(redaction.of("broker short")).isEqualTo("broker short");
  }

  @Test
  void fieldsWithPasswordsAreRemovedAtAnyDepth() throws Exception {
    JsonNode json =
        new JsonMapper()
            .readTree(
                """
                {"users": [{"name": "a", "password_hash": "x", "tags": [{"Secret": 1, "b": 2}]}],
                 "erlang_cookie": "c", "n": 1}""");
    assertThat(Redaction.withoutPasswords(json).toString())
        .isEqualTo("{\"users\":[{\"name\":\"a\",\"tags\":[{\"b\":2}]}],\"n\":1}");
  }
}
