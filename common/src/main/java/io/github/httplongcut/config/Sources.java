package io.github.httplongcut.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.github.httplongcut.protocol.Names;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Merges the sources of settings, in this order of precedence:
 *
 * <ol>
 *   <li>flags
 *   <li>system properties {@code -Dlongcut.…}
 *   <li>environment variables
 *   <li>the config file
 *   <li>{@code reference.conf}
 * </ol>
 */
public final class Sources {

  /** System properties of the build and the tests, which are not settings. */
  private static final Pattern NOT_SETTINGS = Pattern.compile("longcut\\.(test\\..+|root)");

  private static final Pattern PASSWORD_IN_URI = Pattern.compile("(://[^:@/\\s]*:)[^/\\s]*@");

  /** URL or path with a query, as a quoted string. */
  private static final Pattern QUERY = Pattern.compile("(\"(?:https?:/)?/[^\"?\\s]*\\?)[^\"]*\"");

  private static final String OTLP_HEADERS = Settings.ROOT + ".otlp.headers";

  private Sources() {}

  /**
   * Reads a role's settings from a string and the defaults, for tests and for programs that embed a
   * role.
   *
   * @param text content of a config file: {@code longcut { … }}
   * @throws InvalidConfigException if any setting is invalid
   */
  public static <C> C parse(String text, Function<Settings, C> reader) {
    ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription("text");
    try {
      return Settings.read(withDefaults(ConfigFactory.parseString(text, options)), reader);
    } catch (ConfigException.Parse e) {
      throw new InvalidConfigException(List.of(Secret.hiddenInSentence(e.getMessage())));
    }
  }

  /** Merges all sources, including the defaults. */
  public static Config combine(
      Layer flags, Properties properties, Layer environment, Optional<Path> file) {
    Config fromFile = file.map(Sources::parseFile).orElseGet(ConfigFactory::empty);
    return withDefaults(
        flags
            .config()
            .withFallback(fromProperties(properties))
            .withFallback(environment.config())
            .withFallback(fromFile));
  }

  /**
   * Returns the settings of {@code role} as the content of a config file, with passwords hidden.
   */
  public static String render(Config config, Role role) {
    Config shown =
        Stream.of("id", "amqp", "otlp", role.key())
            .map(section -> config.withOnlyPath(Settings.ROOT + '.' + section))
            .map(Sources::hideHeaders)
            .reduce(ConfigFactory.empty(), Config::withFallback);
    ConfigRenderOptions asFile =
        ConfigRenderOptions.defaults().setOriginComments(false).setComments(false).setJson(false);
    return hideQueries(hidePasswords(shown.root().render(asFile)));
  }

  /** Hides the header fields of OTLP exports: some hold a token. */
  private static Config hideHeaders(Config config) {
    if (!config.hasPath(OTLP_HEADERS)) {
      return config;
    }
    ConfigValue hidden = ConfigValueFactory.fromAnyRef(Secret.HIDDEN);
    Config headers = config.getConfig(OTLP_HEADERS);
    for (Map.Entry<String, ConfigValue> header : headers.entrySet()) {
      headers = headers.withValue(header.getKey(), hidden);
    }
    return config.withValue(OTLP_HEADERS, headers.root());
  }

  /** Hides the queries of URLs and paths: some hold a key. */
  private static String hideQueries(String text) {
    return QUERY.matcher(text).replaceAll("$1" + Secret.HIDDEN + '"');
  }

  static String hidePasswords(String text) {
    return PASSWORD_IN_URI.matcher(text).replaceAll("$1" + Secret.HIDDEN + "@");
  }

  private static Config withDefaults(Config config) {
    ClassLoader classes = Sources.class.getClassLoader();
    try {
      return config
          .withFallback(ConfigFactory.parseResources(classes, "reference.conf"))
          .withFallback(hostName())
          .resolve();
    } catch (ConfigException e) {
      throw new InvalidConfigException(List.of(Secret.hiddenInSentence(e.getMessage())));
    }
  }

  private static Config parseFile(Path file) {
    try {
      return ConfigFactory.parseFile(
          file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
    } catch (ConfigException.IO e) {
      throw new InvalidConfigException(List.of(file + ": cannot read this config file"));
    } catch (ConfigException e) {
      throw new InvalidConfigException(List.of(Secret.hiddenInSentence(e.getMessage())));
    }
  }

  private static Config fromProperties(Properties properties) {
    Layer layer = new Layer();
    // Sorted, so that a conflict between a section and a value always has the same result.
    for (String key : new TreeSet<>(properties.stringPropertyNames())) {
      if (key.startsWith(Settings.ROOT + '.') && !NOT_SETTINGS.matcher(key).matches()) {
        layer.put(key, properties.getProperty(key), "-D" + key);
      }
    }
    return layer.config();
  }

  /** Returns the default of {@code longcut.id}, which no file can hold. */
  private static Config hostName() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      // The process needs a name even if the host's name cannot be resolved.
      host = "unnamed";
    }
    return ConfigFactory.empty()
        .withValue(
            Settings.ROOT + ".id", ConfigValueFactory.fromAnyRef(toName(host), "the host's name"));
  }

  /**
   * Converts a host name to a name of docs/protocol.md section 1: {@code shop.example} becomes
   * {@code shop-example}.
   */
  static String toName(String host) {
    String name = host.replaceAll("[^A-Za-z0-9_-]", "-");
    return name.substring(0, Math.min(name.length(), Names.MAX_CHARS));
  }
}
