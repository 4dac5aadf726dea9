package io.github.httplongcut.cli.grant;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.cli.doctor.DeclaredRights;
import io.github.httplongcut.cli.output.JsonOutput;
import io.github.httplongcut.config.Secret;
import java.util.TreeMap;

/** A grant in the format of RabbitMQ's definitions, for {@code rabbitmqctl import_definitions}. */
final class GrantDefinitions {

  private GrantDefinitions() {}

  /** Returns the definitions of the user and its permissions. */
  static ObjectNode of(Grant grant, Secret password) {
    PasswordHash hash = PasswordHash.of(password);
    ObjectNode json = JsonOutput.object();
    ObjectNode user = json.putArray("users").addObject();
    user.put("name", grant.user());
    user.put("password_hash", hash.base64());
    user.put("hashing_algorithm", hash.algorithm());
    user.putArray("tags");
    user.set("limits", grant.limits().json());
    DeclaredRights rights = grant.rights();
    ObjectNode permission = json.putArray("permissions").addObject();
    permission.put("user", grant.user());
    permission.put("vhost", grant.vhost());
    rights
        .permission()
        .ifPresent(
            all ->
                permission
                    .put("configure", all.configure())
                    .put("write", all.write())
                    .put("read", all.read()));
    ArrayNode topics = json.putArray("topic_permissions");
    new TreeMap<>(rights.topics())
        .forEach(
            (exchange, topic) ->
                topics
                    .addObject()
                    .put("user", grant.user())
                    .put("vhost", grant.vhost())
                    .put("exchange", exchange)
                    .put("write", topic.write())
                    .put("read", topic.read()));
    return json;
  }
}
