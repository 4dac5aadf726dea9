package io.github.httplongcut.admin;

/** Page of the admin port. Each request runs on a worker thread of the admin server. */
@FunctionalInterface
public interface AdminPage {

  /**
   * Returns the answer to a request. May wait briefly; pages of other requests wait meanwhile, but
   * {@code /healthz} and {@code /readyz} do not. Must be thread-safe. An exception is logged as a
   * bug and answered with 500.
   */
  PageAnswer answer(PageQuery query) throws InterruptedException;
}
