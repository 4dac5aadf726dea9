package io.github.httplongcut.cli.doctor;

/** Ends a check that cannot run, because something is missing that it needs. */
class SkippedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param why what is missing, as a sentence without a full stop
   */
  SkippedException(String why) {
    super(why);
  }
}
