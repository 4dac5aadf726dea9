package io.github.httplongcut.broker.inspect;

import io.github.httplongcut.broker.core.RequestRecord;

/**
 * Masks secrets in the path of a {@link RequestRecord}, as {@link Captures} masks them in its URL:
 * {@code /a;jsessionid=•••}. Immutable.
 */
public final class PathMask {

  private final SensitiveNames names;

  /** Creates a mask that also knows the names of {@code inspect.mask}. */
  public PathMask(InspectConfig config) {
    this.names = new SensitiveNames(config.mask());
  }

  /** Returns a path without the values of its sensitive parameters. The mark of a cut stays. */
  public String mask(String path) {
    if (path.indexOf('=') < 0) {
      return path;
    }
    int last = path.length() - 1;
    return path.charAt(last) == RequestRecord.CUT
        ? ParameterMask.maskUrl(names, path.substring(0, last)) + RequestRecord.CUT
        : ParameterMask.maskUrl(names, path);
  }
}
