package io.github.httplongcut.config;

import java.util.Map;

/** What a role adds to every role's flags and environment variables. Its fields are picocli's. */
public interface RoleOptions {

  /** A role that adds nothing. */
  RoleOptions NONE =
      new RoleOptions() {
        @Override
        public void fromEnvironment(Map<String, String> environment, Layer into) {}

        @Override
        public void fromFlags(Layer into) {}
      };

  /** Puts what the role's environment variables say. */
  void fromEnvironment(Map<String, String> environment, Layer into);

  /** Puts what the role's flags said, once picocli has filled them in. */
  void fromFlags(Layer into);
}
