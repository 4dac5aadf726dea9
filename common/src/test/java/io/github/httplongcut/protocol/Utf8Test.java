package io.github.httplongcut.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8Test {

  @Test
  void textIsReadable() {
    assertThat(Utf8.isReadable("{\"a\": \"grüße\"}".getBytes(StandardCharsets.UTF_8))).isTrue();
    assertThat(Utf8.isReadable(new byte[0])).isTrue();
  }

  @Test
  void textThatIsLongerThanInBase64IsNotReadable() {
    assertThat(Utf8.isReadable(new byte[] {0, 0, 0})).isFalse();
    assertThat(Utf8.isReadable("\"\"\"\"\"\"".getBytes(StandardCharsets.UTF_8))).isFalse();
  }

  /** The expected result comes from the JDK's strict decoder. */
  @Test
  void validityMatchesTheJdk() {
    long seed = 20261123;
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(5)];
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] = (byte) (0x80 | random.nextInt(0x80));
      }
      // Padded with plain letters, so that the length in base64 does not matter.
      byte[] padded = new byte[bytes.length + 3];
      System.arraycopy(bytes, 0, padded, 0, bytes.length);
      padded[bytes.length] = 'a';
      padded[bytes.length + 1] = 'b';
      padded[bytes.length + 2] = 'c';

      assertThat(Utf8.isReadable(padded)).as("seed %d, %d", seed, i).isEqualTo(isValid(padded));
    }
  }

  private static boolean isValid(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
