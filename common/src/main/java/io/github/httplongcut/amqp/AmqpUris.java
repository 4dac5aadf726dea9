package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.config.Authority;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.protocol.Names;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Addresses and login of {@code longcut.amqp.uris}. Error messages show at most one character of a
 * password.
 */
record AmqpUris(
    List<Address> addresses, String user, AmqpLogin login, String virtualHost, boolean encrypted) {

  private static final String FORM = "amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST";

  /** A character that must be percent-encoded in a user or password, but is not. */
  private static final Pattern UNENCODED_IN_LOGIN = Pattern.compile("[@/?#]|%(?![0-9A-Fa-f]{2})");

  private static final String PASSWORD_FILE = "password-file";
  private static final String SCHEME_END = "://";
  private static final int PLAIN_PORT = 5672;
  private static final int TLS_PORT = 5671;

  /** Placeholder after an error; the process does not start with it. */
  private static final AmqpUris PLACEHOLDER =
      new AmqpUris(List.of(), "", new AmqpLogin.FixedPassword(new Secret("")), "", false);

  /** Parts of a URI that must be the same in all of them: a process is one user in one vhost. */
  private record Identity(
      String user, Optional<String> password, String virtualHost, boolean encrypted) {}

  /** Reads the settings and notes their errors. */
  static AmqpUris read(Settings amqp) {
    List<String> uris = amqp.texts("uris");
    amqp.oneOf("login", LoginMethod.class);
    Optional<Path> passwordFile = amqp.optional(PASSWORD_FILE, () -> passwordFile(amqp));
    if (uris.isEmpty()) {
      amqp.refuse(
          "uris", "expected at least one address " + FORM + "; set --amqp or LONGCUT_AMQP_URI");
      return PLACEHOLDER;
    }
    List<Address> addresses = new ArrayList<>();
    Set<Identity> identities = new LinkedHashSet<>();
    for (int i = 0; i < uris.size(); i++) {
      try {
        URI uri = new URI(uris.get(i));
        Authority authority =
            Authority.of(uri).orElseThrow(() -> new IllegalArgumentException("found no host"));
        identities.add(identity(uri, authority));
        addresses.add(address(uri, authority));
      } catch (URISyntaxException e) {
        // Do not use the exception's message: it contains the password.
        String found = "found a character that must be written as %XX";
        amqp.refuse("uris", problem(i, unencodedInLogin(uris, i).orElse(found)));
        return PLACEHOLDER;
      } catch (IllegalArgumentException e) {
        amqp.refuse("uris", problem(i, unencodedInLogin(uris, i).orElse(e.getMessage())));
        return PLACEHOLDER;
      }
    }
    if (identities.size() > 1) {
      amqp.refuse("uris", "expected the same scheme, user, password and vhost in each address");
      return PLACEHOLDER;
    }
    Identity identity = identities.iterator().next();
    return new AmqpUris(
        addresses,
        identity.user,
        login(amqp, identity, passwordFile),
        identity.virtualHost,
        identity.encrypted);
  }

  /** Notes an error if no process may have this user. */
  void requireUserWithAName(Settings amqp) {
    if (!addresses.isEmpty() && !Names.isName(user)) {
      amqp.refuse("uris", "expected " + FORM + ", found a user that is not " + Names.FORM);
    }
  }

  private static String problem(int index, String found) {
    return "address " + (index + 1) + ": expected " + FORM + ", " + found;
  }

  /**
   * Returns the description of a character in the address's user or password that must be
   * percent-encoded; empty if there is none.
   */
  private static Optional<String> unencodedInLogin(List<String> uris, int index) {
    String uri = uris.get(index);
    int schemeEnd = uri.indexOf(SCHEME_END);
    int at = uri.lastIndexOf('@');
    boolean cutByComma =
        schemeEnd < 0
            ? at >= 0 && index > 0
            : at < 0 && index + 1 < uris.size() && !uris.get(index + 1).contains(SCHEME_END);
    if (cutByComma) {
      return Optional.of(unencodedInLogin(','));
    }
    if (schemeEnd < 0 || at < schemeEnd) {
      return Optional.empty();
    }
    Matcher unencoded =
        UNENCODED_IN_LOGIN.matcher(uri.substring(schemeEnd + SCHEME_END.length(), at));
    return unencoded.find()
        ? Optional.of(unencodedInLogin(unencoded.group().charAt(0)))
        : Optional.empty();
  }

  private static String unencodedInLogin(char character) {
    return "found '%c' in the user or password; write it as %%%02X"
        .formatted(character, (int) character);
  }

  private static Identity identity(URI uri, Authority authority) {
    require(
        "amqp".equals(uri.getScheme()) || "amqps".equals(uri.getScheme()),
        "found no scheme amqp or amqps");
    require(uri.getRawQuery() == null && uri.getRawFragment() == null, "found a ? or #");
    String[] userInfo = authority.userInfo().orElse("").split(":", 2);
    require(!userInfo[0].isEmpty(), "found no user");
    String user = decode(userInfo[0]);
    require(
        uri.getRawPath().length() > 1,
        "found no vhost; that of rabbitmq/definitions.json is /longcut");
    String virtualHost = uri.getRawPath().substring(1);
    require(!virtualHost.contains("/"), "found more than one /; write a / in the vhost as %2F");
    return new Identity(
        user,
        userInfo.length == 2 ? Optional.of(decode(userInfo[1])) : Optional.empty(),
        decode(virtualHost),
        "amqps".equals(uri.getScheme()));
  }

  private static Address address(URI uri, Authority authority) {
    int port = authority.port();
    if (port < 0) {
      port = "amqps".equals(uri.getScheme()) ? TLS_PORT : PLAIN_PORT;
    }
    require(port > 0 && port <= 65_535, "found a port that is not 1 to 65535");
    return new Address(authority.hostName(), port);
  }

  private static Path passwordFile(Settings amqp) {
    return amqp.parsed(PASSWORD_FILE, "the path of a file", Path::of, Path.of(""));
  }

  private static AmqpLogin login(Settings amqp, Identity identity, Optional<Path> file) {
    Optional<String> inUri = identity.password;
    if (amqp.oneOf("login", LoginMethod.class) == LoginMethod.CERTIFICATE) {
      return certificateLogin(amqp, identity, file);
    }
    if (inUri.isPresent() && file.isPresent()) {
      amqp.refuse(
          "uris",
          "found a password in the address, but longcut.amqp.password-file is set, too: remove"
              + " one of the two; only the file can be changed without a restart");
    } else if (inUri.isEmpty() && file.isEmpty()) {
      amqp.refuse(
          "uris",
          "found no password: write it into a file, and name the file with"
              + " longcut.amqp.password-file (LONGCUT_AMQP_PASSWORD_FILE,"
              + " --amqp-password-file), or use the form "
              + FORM);
    } else if (inUri.isPresent()) {
      return new AmqpLogin.FixedPassword(new Secret(inUri.get()));
    } else {
      return fromFile(amqp, file.get());
    }
    return PLACEHOLDER.login;
  }

  private static AmqpLogin certificateLogin(
      Settings amqp, Identity identity, Optional<Path> passwordFile) {
    Optional<Path> certFile = amqp.section("tls").optionalFile("cert-file");
    if (identity.password.isPresent() || passwordFile.isPresent()) {
      amqp.refuse("login", "a login by certificate needs no password: remove the password");
    } else if (!identity.encrypted || certFile.isEmpty()) {
      amqp.refuse(
          "login",
          "a login by certificate needs amqps:// and longcut.amqp.tls.cert-file and key-file");
    } else {
      try {
        // An expired certificate is no reason to end: it may be renewed while the process waits.
        new OwnCertificate(certFile.get()).requireUser(identity.user);
        return new AmqpLogin.ByCertificate(certFile.get(), identity.user);
      } catch (LoginException e) {
        amqp.refuse("login", e.getMessage());
      }
    }
    return PLACEHOLDER.login;
  }

  /** Reads the file once, so that a process does not start without a password. */
  private static AmqpLogin fromFile(Settings amqp, Path file) {
    try {
      new PasswordFile(file).read();
      return new AmqpLogin.FromFile(file);
    } catch (LoginException e) {
      amqp.refuse(PASSWORD_FILE, e.getMessage());
      return PLACEHOLDER.login;
    }
  }

  /** Decodes percent-encoding by RFC 3986: unlike in HTML forms, {@code +} stands for itself. */
  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static void require(boolean holds, String found) {
    if (!holds) {
      throw new IllegalArgumentException(found);
    }
  }
}
