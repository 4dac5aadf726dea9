package io.github.httplongcut.cli.join;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import java.io.File;
import java.nio.file.Path;

/** Settings that stand in one file, without those of the files that it includes. */
final class SettingsFile {

  private SettingsFile() {}

  /**
   * Reads a file. The settings are empty if it does not exist.
   *
   * @throws ConfigException if it is no settings file
   */
  static Config read(Path file) {
    return ConfigFactory.parseFile(
        file.toFile(), ConfigParseOptions.defaults().setIncluder(new NoIncludes()));
  }

  /**
   * Returns whether a file has a setting. Returns false for a file that is no settings file: the
   * process itself says what is wrong with it.
   */
  static boolean has(Path file, String path) {
    try {
      return read(file).hasPathOrNull(path);
    } catch (ConfigException.NotResolved e) {
      return true; // the value is that of a variable
    } catch (ConfigException e) {
      return false;
    }
  }

  private static final class NoIncludes implements ConfigIncluder, ConfigIncluderFile {
    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      return ConfigFactory.empty().root();
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      return ConfigFactory.empty().root();
    }
  }
}
