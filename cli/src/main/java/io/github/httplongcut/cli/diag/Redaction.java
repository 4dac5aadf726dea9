package io.github.httplongcut.cli.diag;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Removes passwords from everything that the archive gets. The processes hide their passwords
 * themselves; this is the second barrier.
 */
final class Redaction {

  private static final String HIDDEN = "***";

  /** Shortest known password that is searched for: a shorter one occurs in other words. */
  private static final int SHORTEST = 6;

  /** Login in a URI: everything up to the last at sign before a space or a quote. */
  private static final Pattern LOGIN = Pattern.compile("(://[^:@/\\s\"']*:)[^\\s\"']*@");

  private final List<Pattern> secrets = new ArrayList<>();

  /**
   * @param passwords known passwords, in clear
   * @param publicNames words that are no secrets even if they are passwords: a demo's user names
   */
  Redaction(Collection<String> passwords, Collection<String> publicNames) {
    Set<String> forms = new LinkedHashSet<>();
    for (String password : passwords) {
      if (password.length() >= SHORTEST && !publicNames.contains(password)) {
        forms.add(password);
        forms.add(URLEncoder.encode(password, UTF_8));
        forms.add(URLEncoder.encode(password, UTF_8).replace("+", "%20"));
      }
    }
    forms.forEach(form -> secrets.add(Pattern.compile(Pattern.quote(form))));
  }

  /** Returns the text without passwords. */
  String of(String text) {
    String clean = LOGIN.matcher(text).replaceAll("$1" + Matcher.quoteReplacement(HIDDEN) + "@");
    for (Pattern secret : secrets) {
      clean = secret.matcher(clean).replaceAll(Matcher.quoteReplacement(HIDDEN));
    }
    return clean;
  }

  /** Removes all fields with a password, or with the hash of one, at any depth. */
  static JsonNode withoutPasswords(JsonNode json) {
    if (json instanceof ObjectNode object) {
      for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
        String name = names.next().toLowerCase(Locale.ROOT);
        if (name.contains("password") || name.contains("secret") || name.contains("cookie")) {
          names.remove();
        }
      }
      object.forEach(Redaction::withoutPasswords);
    } else if (json instanceof ArrayNode array) {
      array.forEach(Redaction::withoutPasswords);
    }
    return json;
  }
}
