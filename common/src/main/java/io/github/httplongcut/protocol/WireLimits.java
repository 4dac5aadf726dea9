package io.github.httplongcut.protocol;

import java.time.Duration;

/**
 * Limits of an event and of an AMQP message (docs/protocol.md section 2, "Limits"). Receivers
 * enforce them while reading, for every sender. Senders stay below them.
 */
public final class WireLimits {

  /** Bytes of an AMQP message's body. A longer message is discarded before parsing. */
  public static final int MESSAGE_BYTES = 8 << 20;

  /** Events in one message. A message with more is discarded. */
  public static final int EVENTS = 256;

  /** Bytes of a request's or response's content, decoded. A message with more is discarded. */
  public static final int BODY_BYTES = 4 << 20;

  /** Header values of a request or response. A message with more is discarded. */
  public static final int HEADER_FIELDS = 1_000;

  /** Characters of all header names and values. A name counts once for each of its values. */
  public static final int HEADER_CHARS = 256 << 10;

  /**
   * Header values that an agent takes from a caller or an upstream server. Fewer than {@link
   * #HEADER_FIELDS}, to leave room for the fields that the relay adds: {@code Via} and {@code
   * X-Forwarded-*}.
   */
  public static final int OUTSIDE_HEADER_FIELDS = HEADER_FIELDS - 10;

  /**
   * Characters of header names and values that an agent takes from a caller or an upstream server.
   */
  public static final int OUTSIDE_HEADER_CHARS = HEADER_CHARS - (16 << 10);

  /**
   * JSON names in a message, with those of headers and of unknown fields. A message with more is
   * discarded. One event and a batch of 64 KiB (protocol section 7) have fewer.
   */
  static final int NAMES = 10_000;

  /** Characters of all JSON names in a message. A message with more is discarded. */
  static final int NAME_CHARS = HEADER_CHARS + (64 << 10);

  /** Characters of a request's URL. */
  public static final int URL_CHARS = 64 << 10;

  /** Characters of {@code method}. */
  public static final int METHOD_CHARS = 256;

  /** Characters of {@code error.message}; a longer one is truncated. */
  public static final int ERROR_MESSAGE_CHARS = 1 << 10;

  /** Longest {@code interval_ms} of a heartbeat; a longer one counts as this. */
  public static final Duration HEARTBEAT_INTERVAL = Duration.ofSeconds(60);

  /** Largest {@code capacity} and {@code in_flight} of a heartbeat; a larger one counts as this. */
  public static final int CAPACITY = 65_535;

  /** Characters of a heartbeat's {@code reason}; a longer one is truncated. */
  public static final int HEARTBEAT_REASON_CHARS = 200;

  /** Bytes of a {@code broker_status}. A longer one is discarded before parsing. */
  public static final int STATUS_BYTES = 64 << 10;

  /** Entries of each list in a {@code broker_status}. A message with more is discarded. */
  public static final int STATUS_ENTRIES = 1_000;

  /** Fields of one object in a {@code broker_status} that are read. */
  static final int STATUS_FIELDS = 64;

  /** Characters of a {@code reason} in a {@code broker_status}; a longer one is truncated. */
  public static final int STATUS_REASON_CHARS = 500;

  /** Largest number of things now or in a window of time; a larger one counts as this. */
  static final int STATUS_COUNT = 1_000_000_000;

  /** Largest number since the start of a process; a larger one counts as this. */
  static final long STATUS_TOTAL = 1L << 50;

  /** Longest time that the recent requests of a {@code broker_status} cover. */
  public static final Duration STATUS_WINDOW = Duration.ofSeconds(10);

  /** Longest {@code *_ttl}; a longer one counts as this. */
  public static final Duration TTL = Duration.ofDays(1);

  private WireLimits() {}
}
