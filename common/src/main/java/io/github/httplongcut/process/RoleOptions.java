package io.github.httplongcut.process;

import io.github.httplongcut.config.Layer;
import java.util.Map;

/** Flags and environment variables that only one role has. picocli fills the fields in. */
public interface RoleOptions {

  /** No additional flags or variables. */
  RoleOptions NONE =
      new RoleOptions() {
        @Override
        public void fromEnvironment(Map<String, String> environment, Layer into) {}

        @Override
        public void fromFlags(Layer into) {}
      };

  /** Puts the values of the role's environment variables into a layer. */
  void fromEnvironment(Map<String, String> environment, Layer into);

  /** Puts the values of the role's flags into a layer, after picocli has filled the fields in. */
  void fromFlags(Layer into);
}
