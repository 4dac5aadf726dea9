package io.github.httplongcut.cli;

import io.github.httplongcut.config.Version;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
public final class VersionProvider implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"longcut " + Version.current()};
  }
}
