package io.github.httplongcut.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Admin pages of a process. Each method throws a RuntimeException if the process does not answer,
 * or answers with an error.
 */
interface AdminView {

  /** Returns the address, {@code http://127.0.0.1:8002}. */
  String address();

  /** Returns a page that is JSON. */
  JsonNode json(String path);

  /** Returns a page that is text. */
  String text(String path);
}
