package io.github.httplongcut.cli.grant;

import io.github.httplongcut.config.Role;
import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a role of the command line. */
final class RoleConverter implements ITypeConverter<Role> {

  @Override
  public Role convert(String text) {
    return Arrays.stream(Role.values())
        .filter(role -> role.key().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new TypeConversionException(
                    "expected client-agent, broker or upstream-agent, found '" + text + "'"));
  }
}
