package io.github.httplongcut.upstream.core;

/** The point that a call reached before it was aborted. */
public enum CallProgress {
  /** The server has certainly not seen the request. */
  NOT_SENT,
  /** The server may have run the request. */
  SENT
}
