package io.github.httplongcut.system.clients;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Encodes {@code multipart/form-data} (RFC 7578), which Java's HttpClient does not support. */
final class Multipart {

  private static final String BOUNDARY = "----longcut-boundary";

  static final String TYPE = "multipart/form-data; boundary=" + BOUNDARY;

  private Multipart() {}

  static byte[] of(ClientCall.Upload upload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String head =
        """
        --%1$s
        Content-Disposition: form-data; name="comment"

        %2$s
        --%1$s
        Content-Disposition: form-data; name="file"; filename="%3$s"
        Content-Type: %4$s

        """
            .formatted(BOUNDARY, upload.comment(), upload.fileName(), upload.fileType());
    out.writeBytes(head.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8));
    out.writeBytes(upload.data());
    out.writeBytes(("\r\n--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }
}
