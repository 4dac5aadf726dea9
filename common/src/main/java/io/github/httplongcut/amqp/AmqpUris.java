package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.AmqpConfig.Address;
import io.github.httplongcut.config.Secret;
import io.github.httplongcut.config.Settings;
import io.github.httplongcut.protocol.Names;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What {@code longcut.amqp.uris} say together. No problem that it notes shows a password. */
record AmqpUris(
    List<Address> addresses, String user, Secret password, String virtualHost, boolean encrypted) {

  private static final String FORM = "amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST";
  private static final int PLAIN_PORT = 5672;
  private static final int TLS_PORT = 5671;

  /** Stands where nothing could be read; never given out. */
  private static final AmqpUris NONE = new AmqpUris(List.of(), "", new Secret(""), "", false);

  /** What must be the same in all addresses: one process is one user in one vhost. */
  private record Login(
      String user, Optional<String> password, String virtualHost, boolean encrypted) {}

  static AmqpUris read(Settings amqp) {
    List<String> uris = amqp.texts("uris");
    Optional<Path> passwordFile = amqp.optionalFile("password-file");
    if (uris.isEmpty()) {
      amqp.refuse(
          "uris", "expected at least one address " + FORM + ", by --amqp or LONGCUT_AMQP_URI");
      return NONE;
    }
    List<Address> addresses = new ArrayList<>();
    Set<Login> logins = new LinkedHashSet<>();
    for (int i = 0; i < uris.size(); i++) {
      try {
        URI uri = new URI(uris.get(i));
        logins.add(login(uri));
        addresses.add(address(uri));
      } catch (URISyntaxException e) {
        // Its message would show the password.
        amqp.refuse("uris", problem(i, "found a character that must be written as %XX"));
        return NONE;
      } catch (IllegalArgumentException e) {
        amqp.refuse("uris", problem(i, e.getMessage()));
        return NONE;
      }
    }
    if (logins.size() > 1) {
      amqp.refuse("uris", "expected the same scheme, user, password and vhost in each address");
      return NONE;
    }
    Login login = logins.iterator().next();
    return new AmqpUris(
        addresses,
        login.user,
        password(amqp, login, passwordFile),
        login.virtualHost,
        login.encrypted);
  }

  private static String problem(int index, String found) {
    return "address " + (index + 1) + ": expected " + FORM + ", " + found;
  }

  private static Login login(URI uri) {
    require(
        "amqp".equals(uri.getScheme()) || "amqps".equals(uri.getScheme()),
        "found no scheme amqp or amqps");
    require(uri.getHost() != null, "found no host");
    require(uri.getRawQuery() == null && uri.getRawFragment() == null, "found a ? or #");
    require(uri.getRawUserInfo() != null, "found no user");
    String[] userInfo = uri.getRawUserInfo().split(":", 2);
    String user = decode(userInfo[0]);
    require(Names.isName(user), "found a user that is not " + Names.FORM);
    require(uri.getRawPath().length() > 1, "found no vhost; the project's own is /longcut");
    String virtualHost = uri.getRawPath().substring(1);
    require(!virtualHost.contains("/"), "found more than one /; in a vhost it is %2F");
    return new Login(
        user,
        userInfo.length == 2 ? Optional.of(decode(userInfo[1])) : Optional.empty(),
        decode(virtualHost),
        "amqps".equals(uri.getScheme()));
  }

  private static Address address(URI uri) {
    int port = uri.getPort();
    if (port < 0) {
      port = "amqps".equals(uri.getScheme()) ? TLS_PORT : PLAIN_PORT;
    }
    require(port > 0 && port <= 65_535, "found no such port");
    String host = uri.getHost();
    return new Address(host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port);
  }

  private static Secret password(Settings amqp, Login login, Optional<Path> file) {
    if (login.password.isPresent() == file.isPresent()) {
      amqp.refuse(
          "uris", "expected a password, either in the URI or in longcut.amqp.password-file");
      return NONE.password;
    }
    if (login.password.isPresent()) {
      return new Secret(login.password.get());
    }
    try {
      return new Secret(Files.readString(file.orElseThrow()).strip());
    } catch (IOException e) {
      amqp.refuse("password-file", "cannot be read: " + e.getMessage());
      return NONE.password;
    }
  }

  /** RFC 3986: only {@code %} is special; {@code +} is itself, other than in a form. */
  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static void require(boolean holds, String found) {
    if (!holds) {
      throw new IllegalArgumentException(found);
    }
  }
}
