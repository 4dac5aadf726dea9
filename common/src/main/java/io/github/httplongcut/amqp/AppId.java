package io.github.httplongcut.amqp;

import io.github.httplongcut.config.Version;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The AMQP property {@code app_id}, which names the sender's release (protocol section 2). */
final class AppId {

  /** {@code app_id} of the messages of this process. */
  static final String OF_THIS_RELEASE = "http-longcut/" + Version.current();

  private static final Pattern FORM = Pattern.compile("http-longcut/([A-Za-z0-9.+_-]{1,64})");

  private AppId() {}

  /**
   * Returns the release in a received {@code app_id}: the sender's claim. Empty if there is none.
   *
   * @param appId may be null
   */
  static String version(String appId) {
    if (OF_THIS_RELEASE.equals(appId)) {
      return Version.current();
    }
    Matcher matcher = FORM.matcher(appId == null ? "" : appId);
    return matcher.matches() ? matcher.group(1) : "";
  }
}
