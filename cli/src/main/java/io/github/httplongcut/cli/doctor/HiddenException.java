package io.github.httplongcut.cli.doctor;

/** RabbitMQ does not show the user whether something exists. */
final class HiddenException extends SkippedException {

  private static final long serialVersionUID = 1L;

  /**
   * @param what the thing, such as {@code queue orphan}
   */
  HiddenException(String user, String what) {
    super("user %s has no permission on %s, and RabbitMQ does not show it".formatted(user, what));
  }
}
