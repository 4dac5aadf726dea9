package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.httplongcut.cli.CommandFailedException;
import java.util.HashMap;
import java.util.Map;

/** Admin pages of a process. */
final class FakeAdmin implements AdminView {

  private final String address;
  private final Map<String, String> pages = new HashMap<>();

  FakeAdmin(String address) {
    this.address = address;
  }

  FakeAdmin page(String path, String content) {
    pages.put(path, content);
    return this;
  }

  /** Makes all pages fail, as those of a suspended process do. */
  FakeAdmin silent() {
    pages.clear();
    return this;
  }

  @Override
  public String address() {
    return address;
  }

  @Override
  public JsonNode json(String path) {
    return FakeManagement.parsed(text(path));
  }

  @Override
  public String text(String path) {
    if (!pages.containsKey(path)) {
      throw new CommandFailedException(address + " did not answer within 2 s");
    }
    return pages.get(path);
  }
}
