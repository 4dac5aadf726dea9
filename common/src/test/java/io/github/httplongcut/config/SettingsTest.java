package io.github.httplongcut.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingsTest {

  private enum Colour {
    RED,
    DARK_BLUE
  }

  @Test
  void valuesAreReadWithTheirUnits() {
    assertThatObject(broker("t = 250ms", s -> s.duration("t"))).isEqualTo(Duration.ofMillis(250));
    assertThatObject(broker("t = \"1m\"", s -> s.duration("t"))).isEqualTo(Duration.ofMinutes(1));
    assertThatObject(broker("b = 1 MiB", s -> s.bytes("b"))).isEqualTo(1L << 20);
    assertThatObject(broker("b = 1000", s -> s.bytes("b"))).isEqualTo(1000L);
    assertThatObject(broker("b = 4 MiB", s -> s.bodyLimit("b"))).isEqualTo(4L << 20);
    assertThatObject(broker("n = \"7\"", s -> s.count("n"))).isEqualTo(7);
    assertThatObject(broker("p = 0", s -> s.port("p"))).isEqualTo(0);
    assertThatObject(broker("h = 0.5", s -> s.fraction("h"))).isEqualTo(0.5);
    assertThatObject(broker("h = 1", s -> s.fraction("h"))).isEqualTo(1.0);
    assertThatObject(broker("f = true", s -> s.flag("f"))).isEqualTo(true);
    assertThatObject(broker("c = dark-blue", s -> s.oneOf("c", Colour.class)))
        .isEqualTo(Colour.DARK_BLUE);
    assertThatObject(broker("l = \"a, b\"", s -> s.texts("l"))).isEqualTo(List.of("a", "b"));
    assertThatObject(broker("l = [a, b]", s -> s.texts("l"))).isEqualTo(List.of("a", "b"));
    assertThatObject(broker("n = orders_2", s -> s.name("n"))).isEqualTo("orders_2");
    assertThatObject(broker("", s -> s.optionalName("n"))).isEqualTo(Optional.empty());
    assertThatObject(broker("n = null", s -> s.optionalName("n"))).isEqualTo(Optional.empty());
  }

  @Test
  void keysOfPairsAreTheUsers() {
    assertThatObject(broker("p { \"a.b\" = x, a.c = 2, D-e = true, f = null }", s -> s.pairs("p")))
        .isEqualTo(Map.of("a.b", "x", "a.c", "2", "D-e", "true"));
    assertThatObject(broker("", s -> s.pairs("p"))).isEqualTo(Map.of());
    assertThatThrownBy(() -> broker("p { a.b = [] }", s -> s.pairs("p")))
        .hasMessageContaining("longcut.broker.p.\"a.b\": expected a string, found a list");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "duration | 5 | a duration with its unit, such as 250ms, 5s or 1m, at most a day, found \"5\"",
        "duration | 5 parsecs | such as 250ms, 5s or 1m, at most a day, found \"5 parsecs\"",
        "duration | 0s | at most a day, found \"0s\"",
        "duration | -1s | at most a day, found \"-1s\"",
        "duration | 2d | at most a day, found \"2d\"",
        "bytes | 1 Mib | expected a size such as 64 KiB or 1 MiB, found \"1 Mib\"",
        "bytes | 0 | expected a size such as 64 KiB or 1 MiB, found \"0\"",
        "body | 4194305 | expected a size such as 1 MiB, at most 4 MiB: the receivers",
        "count | 0 | expected a whole number of at least 1, found \"0\"",
        "count | 1.5 | expected a whole number of at least 1, found \"1.5\"",
        "fraction | 0 | expected a number above 0 and at most 1, such as 0.5, found \"0\"",
        "fraction | 1.1 | expected a number above 0 and at most 1, such as 0.5, found \"1.1\"",
        "fraction | NaN | expected a number above 0 and at most 1, such as 0.5, found \"NaN\"",
        "port | 65536 | expected a port from 1 to 65535, or 0 for any free port, found \"65536\"",
        "port | eighty | or 0 for any free port, found \"eighty\"",
        "flag | yes | expected true or false, found \"yes\"",
        "colour | green | expected red | dark-blue, found \"green\"",
        "name | a.b | expected a name of 1 to 64 of A-Z a-z 0-9 _ -, found \"a.b\"",
        "file | /no/such/file | expected a readable file, found \"/no/such/file\"",
        "text | {} | expected a string, found a section",
        "texts | {} | expected a list of strings: [ \"…\", … ], found a section",
        "list | 7 | expected a list of sections: [ { … }, … ], found \"7\"",
        "section | 7 | expected a section: { … }, found \"7\"",
      })
  void errorNamesThePathAndTheExpectedAndActualValue(String kind, String value, String message) {
    Map<String, Function<Settings, Object>> kinds =
        Map.ofEntries(
            Map.entry("duration", s -> s.duration("it")),
            Map.entry("bytes", s -> s.bytes("it")),
            Map.entry("body", s -> s.bodyLimit("it")),
            Map.entry("count", s -> s.count("it")),
            Map.entry("fraction", s -> s.fraction("it")),
            Map.entry("port", s -> s.port("it")),
            Map.entry("flag", s -> s.flag("it")),
            Map.entry("colour", s -> s.oneOf("it", Colour.class)),
            Map.entry("name", s -> s.name("it")),
            Map.entry("file", s -> s.optionalFile("it")),
            Map.entry("text", s -> s.text("it")),
            Map.entry("texts", s -> s.texts("it")),
            Map.entry("list", s -> s.list("it", s.section("defaults"))),
            Map.entry("section", s -> s.section("it")));
    String quoted = value.equals("{}") ? value : '"' + value + '"';
    assertThatThrownBy(() -> broker("it = " + quoted, kinds.get(kind)))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("longcut.broker.it: expected ")
        .hasMessageContaining(message)
        .hasMessageEndingWith(" (text: 1)");
  }

  @Test
  void errorNamesAMissingValue() {
    assertThatThrownBy(() -> broker("", s -> s.port("port")))
        .hasMessageStartingWith("longcut.broker.port: missing, expected a port from 1 to 65535");
  }

  @Test
  void errorAboutAnUnknownKeySuggestsTheNearestKey() {
    assertThatThrownBy(
            () -> broker("wait-time-out = 5s, wait-timeout = 5s", s -> s.duration("wait-timeout")))
        .hasMessage(
            "longcut.broker.wait-time-out: unknown key; did you mean"
                + " longcut.broker.wait-timeout? (text: 1)");
  }

  @Test
  void errorAboutAnUnknownKeyListsTheKnownKeysIfNoneIsSimilar() {
    assertThatThrownBy(() -> broker("colour = red, b = 1, a = 1", s -> s.count("a") + s.count("b")))
        .hasMessage("longcut.broker.colour: unknown key; known keys: a, b (text: 1)");
  }

  @Test
  void aKeyOutsideTheRootSectionIsUnknown() {
    assertThatThrownBy(
            () -> Sources.parse("broker { port = 1 }", s -> BrokerSection.read(s, b -> b)))
        .hasMessage("broker: unknown key; all settings are in the section longcut (text: 1)");
  }

  @Test
  void theSectionsOfOtherRolesAreNotChecked() {
    String text = "longcut.client-agent.nonsense = 1, longcut.broker.n = 1";
    assertThat(Sources.<Integer>parse(text, s -> BrokerSection.read(s, b -> b.count("n"))))
        .isEqualTo(1);
  }

  @Test
  void allProblemsAreReportedTogether() {
    assertThatThrownBy(() -> broker("a = x\nb = 0\nc = 1", s -> s.count("a") + s.count("b")))
        .message()
        .hasLineCount(3)
        .contains("longcut.broker.a: expected", "(text: 1)")
        .contains("longcut.broker.b: expected", "(text: 2)")
        .contains("longcut.broker.c: unknown key", "(text: 3)");
  }

  @Test
  void conflictingValuesAreReported() {
    Function<Settings, Integer> reader =
        s -> {
          int small = s.count("small");
          s.require(small < s.count("large"), "small", "less than large");
          return small;
        };
    assertThatThrownBy(() -> broker("small = 3, large = 2", reader))
        .hasMessage("longcut.broker.small: expected less than large (text: 1)");
    assertThatThrownBy(() -> broker("small = 3, large = x", reader))
        .as("the substitute for an invalid value is not compared")
        .message()
        .hasLineCount(1)
        .contains("longcut.broker.large: expected a whole number");
  }

  @Test
  void keysThatAnElementDoesNotSetHaveTheirDefaults() {
    String text =
        """
        defaults { size = 1, deep { x = 5, y = 6 } }
        things { one { size = 2 }, two { deep.y = 7 } }
        """;
    List<Integer> sizes =
        broker(
            text,
            s -> {
              List<Integer> result = new ArrayList<>();
              s.named("things", s.section("defaults"))
                  .values()
                  .forEach(
                      thing -> {
                        result.add(thing.count("size"));
                        result.add(thing.section("deep").count("x"));
                        result.add(thing.section("deep").count("y"));
                      });
              return result;
            });
    assertThat(sizes).containsExactly(2, 5, 6, 1, 5, 7);
  }

  @Test
  void anInvalidDefaultIsReportedOnceWithItsOwnPath() {
    String text = "defaults.size = x, things = [{}, {}]";
    assertThatThrownBy(() -> broker(text, SettingsTest::sizes))
        .message()
        .hasLineCount(1)
        .startsWith("longcut.broker.defaults.size: expected a whole number");
  }

  @Test
  void unknownKeysOfElementsAndOfTheirDefaultsAreReported() {
    String text = "defaults { size = 1, sise = 2 }, things = [{}, { seize = 1 }]";
    assertThatThrownBy(() -> broker(text, SettingsTest::sizes))
        .message()
        .hasLineCount(2)
        .contains("longcut.broker.defaults.sise: unknown key; did you mean")
        .contains("longcut.broker.things[1].seize: unknown key; did you mean");
  }

  @Test
  void anElementThatIsNoSectionIsReported() {
    assertThatThrownBy(() -> broker("defaults.size = 1, things = [{}, 7]", SettingsTest::sizes))
        .hasMessage("longcut.broker.things[1]: expected a section: { … }, found \"7\" (text: 1)");
  }

  @Test
  void anInvalidNameIsReported() {
    assertThatThrownBy(
            () -> broker("things { \"a.b\" {} }", s -> s.named("things", s.section("defaults"))))
        .hasMessage(
            "longcut.broker.things.\"a.b\": expected a name of 1 to 64 of A-Z a-z 0-9 _ -"
                + " (text: 1)");
  }

  @Test
  void aSecretIsNotPrinted() {
    assertThat(Optional.of(new Secret("hunter2")).toString()).doesNotContain("hunter2");
  }

  private static List<Integer> sizes(Settings settings) {
    return settings.list("things", settings.section("defaults")).stream()
        .map(thing -> thing.count("size"))
        .toList();
  }

  private static <T> T broker(String text, Function<Settings, T> reader) {
    return Sources.parse("longcut.broker { " + text + "\n}", s -> BrokerSection.read(s, reader));
  }
}
