package io.github.httplongcut.cli.echo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.AbstractHttpEntity;

/** Generated body that is not held in memory: byte {@code i} is {@code i mod 256}. */
final class GeneratedEntity extends AbstractHttpEntity {

  private static final byte[] PATTERN = pattern();

  private final int length;

  GeneratedEntity(int length) {
    super(ContentType.APPLICATION_OCTET_STREAM, null);
    this.length = length;
  }

  private static byte[] pattern() {
    byte[] pattern = new byte[8192];
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] = (byte) i;
    }
    return pattern;
  }

  @Override
  public long getContentLength() {
    return length;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    for (int left = length; left > 0; left -= PATTERN.length) {
      out.write(PATTERN, 0, Math.min(left, PATTERN.length));
    }
  }

  /** Unsupported, because the server only writes this entity. */
  @Override
  public InputStream getContent() {
    throw new UnsupportedOperationException("write-only");
  }

  @Override
  public boolean isStreaming() {
    return false;
  }

  @Override
  public void close() {}
}
