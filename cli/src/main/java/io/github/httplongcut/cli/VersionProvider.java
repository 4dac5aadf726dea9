package io.github.httplongcut.cli;

import io.github.httplongcut.config.Version;
import picocli.CommandLine.IVersionProvider;

/** Output of {@code --version}. */
public final class VersionProvider implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"longcut " + Version.current()};
  }
}
