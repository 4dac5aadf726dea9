package io.github.httplongcut.broker.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathMaskTest {

  private final PathMask mask =
      new PathMask(new InspectConfig(false, false, 1, 1, List.of("iban")));

  @ParameterizedTest
  @CsvSource({
    "/a;jsessionid=S3CR3T, /a;jsessionid=•••",
    "/a;jsessionid=S3CR3T/b;v=1, /a;jsessionid=•••/b;v=1",
    "/a;v=1;%73id=S3CR3T, /a;v=1;%73id=•••",
    "/a;IBAN=S3CR3T, /a;IBAN=•••",
    "/a;jsessionid=S3CR…, /a;jsessionid=•••…",
    "/a;jsessionid=•••, /a;jsessionid=•••"
  })
  void secretsAreMasked(String path, String expected) {
    assertThat(mask.mask(path)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a;v=1/b", "/a;v=1…", "/session/7", "/token…", "*", "/"})
  void otherPathsStay(String path) {
    assertThat(mask.mask(path)).isEqualTo(path);
  }
}
