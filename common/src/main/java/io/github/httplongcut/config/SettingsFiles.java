package io.github.httplongcut.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A settings file, and the files that it includes. */
public final class SettingsFiles {

  private SettingsFiles() {}

  /**
   * Returns the files of which the text has a URL with a password: the file itself, also in a
   * comment, and each included file that a setting comes from.
   *
   * @param file the settings file; an unreadable or invalid one has no password and no includes,
   *     nor has one that is not regular: a pipe can be read once
   */
  public static List<Path> withPassword(Path file) {
    if (!Files.isRegularFile(file)) {
      return List.of();
    }
    Set<Path> files = new LinkedHashSet<>();
    files.add(file.toAbsolutePath().normalize());
    try {
      Config config =
          ConfigFactory.parseFile(file.toFile())
              .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true));
      addOrigins(config.root(), files);
    } catch (ConfigException e) {
      // Reading the settings reports it.
    }
    return files.stream().filter(SettingsFiles::hasPassword).toList();
  }

  private static void addOrigins(ConfigValue value, Set<Path> files) {
    String name = value.origin().filename();
    if (name != null) {
      files.add(Path.of(name).toAbsolutePath().normalize());
    }
    if (value instanceof ConfigObject object) {
      object.values().forEach(each -> addOrigins(each, files));
    } else if (value instanceof ConfigList list) {
      list.forEach(each -> addOrigins(each, files));
    }
  }

  private static boolean hasPassword(Path file) {
    try {
      // Bytes that are no UTF-8 are no reason to overlook the password beside them.
      return Secret.isInUrl(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return false;
    }
  }
}
