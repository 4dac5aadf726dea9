package io.github.httplongcut.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.httplongcut.system.clients.ClientCall.Field;
import io.github.httplongcut.testkit.Checkout;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * A client in another language: a small script that reads each request as a line of JSON and
 * answers with one line:
 *
 * <pre>{@code
 * {"url", "method", "headers": [[name, value]], "follow", "compressed",
 *  "body": {"type", "data": base64, "chunked"} | "upload": {"comment", "name", "type", "data"}}
 * {"status", "url", "headers": [[name, value]], "body": base64} | {"error"}
 * }</pre>
 *
 * <p>{@code {"forget": true}} makes the script close its connections; the answer is <code>{}</code>
 * .
 */
final class ScriptClient implements Client {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final String name;
  private final Set<Skill> skills;
  private final JsonLines script;

  private ScriptClient(String name, Set<Skill> skills, List<String> command, Path logs) {
    this.name = name;
    this.skills = skills;
    this.script = JsonLines.start(command, logs);
  }

  static ScriptClient python(Path logs) {
    Path script = Checkout.file("system-tests/src/test/resources/clients/http_client.py");
    return new ScriptClient(
        "Python's http.client",
        Set.of(Skill.SHOWS_EACH_FIELD),
        List.of(ExternalTool.PYTHON.path(), script.toString()),
        logs.resolve("python.log"));
  }

  static ScriptClient node(Path logs) {
    return new ScriptClient(
        "Node's fetch",
        Set.of(Skill.FOLLOWS_REDIRECTS),
        List.of(ExternalTool.NODE.path(), NodePackages.script("fetch.mjs")),
        logs.resolve("fetch.log"));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Set<Skill> skills() {
    return skills;
  }

  @Override
  public ClientAnswer call(URI base, ClientCall call) {
    ObjectNode request = JSON.objectNode();
    request.put("url", base + call.path()).put("method", call.method());
    request.put("follow", call.follow()).put("compressed", call.compressed());
    var headers = request.putArray("headers");
    call.headers().forEach(field -> headers.addArray().add(field.name()).add(field.value()));
    if (call.content() instanceof ClientCall.Sized sized) {
      request.set("body", body(sized.type(), sized.data()).put("chunked", false));
    } else if (call.content() instanceof ClientCall.Chunked chunked) {
      request.set("body", body(chunked.type(), chunked.data()).put("chunked", true));
    } else if (call.content() instanceof ClientCall.Upload upload) {
      request.set(
          "upload",
          body(upload.fileType(), upload.data())
              .put("comment", upload.comment())
              .put("name", upload.fileName()));
    }
    return answer(script.call(request));
  }

  private static ObjectNode body(String type, byte[] data) {
    return JSON.objectNode()
        .put("type", type)
        .put("data", Base64.getEncoder().encodeToString(data));
  }

  private static ClientAnswer answer(JsonNode answer) {
    List<Field> fields = new ArrayList<>();
    answer
        .path("headers")
        .forEach(pair -> fields.add(new Field(pair.get(0).asText(), pair.get(1).asText())));
    return new ClientAnswer(
        answer.get("status").asInt(),
        URI.create(answer.get("url").asText()),
        fields,
        Base64.getDecoder().decode(answer.get("body").asText()));
  }

  @Override
  public void forget() {
    script.call(JSON.objectNode().put("forget", true));
  }

  @Override
  public void close() {
    script.close();
  }
}
