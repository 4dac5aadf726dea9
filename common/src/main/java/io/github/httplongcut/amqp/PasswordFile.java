package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.SecretFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * File whose content is a password, in UTF-8. One line feed at the end, which most editors add,
 * does not belong to the password.
 */
public record PasswordFile(Path file) {

  /** Longest file, in bytes. */
  static final int MAX_BYTES = 1024;

  /**
   * Reads the file.
   *
   * @throws LoginException if the file holds no password
   */
  public Secret read() throws LoginException {
    byte[] content = content();
    if (content.length > MAX_BYTES) {
      throw problem("is longer than %d bytes; it must hold the password only".formatted(MAX_BYTES));
    }
    String password = withoutLineEnd(decoded(content));
    if (password.isEmpty()) {
      throw problem("is empty; write the password into it");
    }
    return new Secret(password);
  }

  /** Returns whether the file's mode lets other users read it ({@link SecretFile}). */
  public boolean isReadableByOthers() {
    return new SecretFile(file).isReadableByOthers();
  }

  private byte[] content() throws LoginException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      // Reading a pipe would wait for its writer.
      if (!attributes.isRegularFile()) {
        throw problem(
            (attributes.isDirectory() ? "is a directory" : "is not a regular file")
                + "; name the file that holds the password");
      }
      try (InputStream in = Files.newInputStream(file)) {
        return in.readNBytes(MAX_BYTES + 1);
      }
    } catch (LoginException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw problem("does not exist; create the file, or correct its path");
    } catch (IOException e) {
      throw problem(
          "cannot be read by the user %s; change the file's owner (chown) or mode (chmod)"
              .formatted(System.getProperty("user.name")));
    }
  }

  private String decoded(byte[] content) throws LoginException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw problem("is not UTF-8 text; write the password in UTF-8");
    }
  }

  private static String withoutLineEnd(String text) {
    if (text.endsWith("\r\n")) {
      return text.substring(0, text.length() - 2);
    }
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  private LoginException problem(String what) {
    return new LoginException("the password file " + file + " " + what);
  }
}
