package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.doctor.DeclaredRights.Permission;
import io.github.httplongcut.cli.doctor.DeclaredRights.TopicPermission;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A RabbitMQ user, and its rights in the vhost.
 *
 * @param tags the user's tags
 * @param guessable true if the user's password is its name
 */
record VhostUser(DeclaredRights rights, Set<String> tags, boolean guessable) {

  private static final int SALT_BYTES = 4;

  /** Returns the users that have permissions or topic permissions in the vhost. */
  static List<VhostUser> all(ManagementFacts management) throws Exception {
    List<VhostUser> found = new ArrayList<>();
    for (JsonNode user : management.users()) {
      String name = user.path("name").asText();
      DeclaredRights rights =
          new DeclaredRights(
              name,
              management.vhost(),
              permission(management, name),
              topicPermissions(management, name));
      if (rights.permission().isPresent() || !rights.topics().isEmpty()) {
        found.add(new VhostUser(rights, ManagementFacts.tags(user), isGuessable(name, user)));
      }
    }
    return found;
  }

  String name() {
    return rights.user();
  }

  boolean isAdministrator() {
    return tags.contains("administrator");
  }

  private static Optional<Permission> permission(ManagementFacts management, String user)
      throws Exception {
    return management.permissions().stream()
        .filter(each -> each.path("user").asText().equals(user))
        .filter(each -> each.path("vhost").asText().equals(management.vhost()))
        .map(
            each ->
                new Permission(
                    each.path("configure").asText(),
                    each.path("write").asText(),
                    each.path("read").asText()))
        .findFirst();
  }

  private static Map<String, TopicPermission> topicPermissions(
      ManagementFacts management, String user) throws Exception {
    Map<String, TopicPermission> found = new LinkedHashMap<>();
    for (JsonNode each : management.topicPermissions()) {
      if (each.path("user").asText().equals(user)) {
        found.put(
            each.path("exchange").asText(),
            new TopicPermission(each.path("write").asText(), each.path("read").asText()));
      }
    }
    return found;
  }

  /** Compares the password's hash: four bytes of salt, then the hash of salt and password. */
  private static boolean isGuessable(String name, JsonNode user) {
    String algorithm =
        switch (user.path("hashing_algorithm").asText()) {
          case "rabbit_password_hashing_sha256" -> "SHA-256";
          case "rabbit_password_hashing_sha512" -> "SHA-512";
          default -> "";
        };
    try {
      byte[] hash = Base64.getDecoder().decode(user.path("password_hash").asText());
      if (algorithm.isEmpty() || hash.length <= SALT_BYTES) {
        return false;
      }
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(hash, 0, SALT_BYTES);
      byte[] ofName = digest.digest(name.getBytes(StandardCharsets.UTF_8));
      return MessageDigest.isEqual(ofName, Arrays.copyOfRange(hash, SALT_BYTES, hash.length));
    } catch (IllegalArgumentException | NoSuchAlgorithmException e) {
      return false;
    }
  }
}
