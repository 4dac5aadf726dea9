package io.github.httplongcut.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.github.httplongcut.protocol.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Settings of one source: flags, environment or system properties. Not thread-safe. */
public final class Layer {

  /** Value of the variable NAME_PORT that Kubernetes, or a Docker link, sets for a service NAME. */
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://\\S+:\\d+");

  private Config config = ConfigFactory.empty();
  private final List<String> ignored = new ArrayList<>();

  /** Creates an empty layer. */
  public Layer() {}

  /**
   * Sets {@code path} unless the value is null or blank, as with {@code LONGCUT_ID=} in a Compose
   * file.
   *
   * @param origin place of the value for error messages, such as {@code --port}
   * @throws InvalidConfigException if {@code path} is malformed
   */
  public void put(String path, String value, String origin) {
    if (value != null && !value.isBlank()) {
      try {
        config = config.withValue(path, ConfigValueFactory.fromAnyRef(value, origin));
      } catch (ConfigException.BadPath e) {
        throw new InvalidConfigException(
            List.of(path + ": malformed path of a setting (" + origin + ")"));
      }
    }
  }

  /**
   * Sets {@code path} from an environment variable. Ignores the variable if its value is the
   * address of a Kubernetes Service: {@code LONGCUT_PORT=tcp://10.0.0.1:8000}.
   */
  public void putVariable(String path, Map<String, String> environment, String variable) {
    String value = environment.get(variable);
    if (value != null && SERVICE_ADDRESS.matcher(value).matches()) {
      ignored.add(variable);
    } else {
      put(path, value, originOf(variable));
    }
  }

  /** Returns the variables that were ignored because Kubernetes has set them. */
  public List<String> ignoredVariables() {
    return List.copyOf(ignored);
  }

  /**
   * Sets {@code section.NAME.key} from {@code NAME=value}.
   *
   * @throws InvalidConfigException if {@code pair} is not of this form
   */
  public void putNamed(String section, String pair, String key, String origin) {
    int split = pair.indexOf('=');
    String name = split < 0 ? "" : pair.substring(0, split).strip();
    if (!Names.isName(name)) {
      String problem =
          "%s: expected NAME=%s with a name of %s, found \"%s\" (%s)"
              .formatted(
                  section,
                  key.toUpperCase(Locale.ROOT),
                  Names.FORM,
                  Secret.hiddenIn(pair.strip()),
                  origin);
      throw new InvalidConfigException(List.of(problem));
    }
    put(section + '.' + name + '.' + key, pair.substring(split + 1).strip(), origin);
  }

  /** Returns the origin of a value from an environment variable, for error messages. */
  public static String originOf(String variable) {
    return "environment variable " + variable;
  }

  Config config() {
    return config;
  }
}
