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

/** The settings of one source: the flags, the environment, the system properties. One thread. */
public final class Layer {

  /** The variable NAME_PORT that Kubernetes, or a link of Docker, sets for a service NAME. */
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://\\S+:\\d+");

  private Config config = ConfigFactory.empty();
  private final List<String> ignored = new ArrayList<>();

  Layer() {}

  /**
   * Sets {@code path} if there is a value.
   *
   * @param value null or blank: not set, as with {@code LONGCUT_ID=} in a compose file
   * @param origin what errors name as the place: {@code --port}
   */
  public void put(String path, String value, String origin) {
    if (value != null && !value.isBlank()) {
      try {
        config = config.withValue(path, ConfigValueFactory.fromAnyRef(value, origin));
      } catch (ConfigException.BadPath e) {
        throw new InvalidConfigException(List.of(path + ": not a setting's path (" + origin + ")"));
      }
    }
  }

  /**
   * Sets {@code path} to what an environment variable says, unless it is a variable of the same
   * name that Kubernetes sets for a Service: {@code LONGCUT_PORT=tcp://10.0.0.1:8000}.
   */
  public void putVariable(String path, Map<String, String> environment, String variable) {
    String value = environment.get(variable);
    if (value != null && SERVICE_ADDRESS.matcher(value).matches()) {
      ignored.add(variable);
    } else {
      put(path, value, originOf(variable));
    }
  }

  /** The variables that are Kubernetes' own and no settings. */
  List<String> ignoredVariables() {
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

  /** How errors name an environment variable as the place of a value. */
  public static String originOf(String variable) {
    return "environment variable " + variable;
  }

  Config config() {
    return config;
  }
}
