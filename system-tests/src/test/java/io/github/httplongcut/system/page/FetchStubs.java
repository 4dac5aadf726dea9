package io.github.httplongcut.system.page;

/** Scripts that replace {@code fetch} on a loaded page, for answers that a broker gives rarely. */
final class FetchStubs {

  /**
   * The first account of a request says that it is in flight, and later ones that it is unknown.
   */
  static final String FORGETS_REQUESTS =
      """
      const real = window.fetch;
      let polls = 0;
      window.fetch = async (path, options) => {
        const answer = await real(path, options);
        if (!path.startsWith('/api/requests/')) {
          return answer;
        }
        if (polls++ > 0) {
          return Response.json({error: 'unknown_id', detail: 'it is unknown'}, {status: 404});
        }
        const account = await answer.json();
        const steps = account.steps.slice(0, -1);
        return Response.json(
            {...account, state: 'in_flight', outcome: '', status: 0, ran: 'not_yet', steps});
      };
      """;

  /** No account of a request can be loaded until the page calls {@code window.recover()}. */
  static final String IS_BUSY =
      """
      const real = window.fetch;
      let isBusy = true;
      window.recover = () => (isBusy = false);
      window.fetch = (path, options) =>
          isBusy && path.startsWith('/api/requests/')
              ? Promise.resolve(
                  Response.json({error: 'loop_busy', detail: 'try again'}, {status: 503}))
              : real(path, options);
      """;

  /** Accounts of requests are held back until the page calls {@code window.answerPolls()}. */
  static final String HOLDS_POLLS =
      """
      const real = window.fetch;
      const gate = new Promise((open) => (window.answerPolls = open));
      window.heldPolls = 0;
      window.fetch = async (path, options) => {
        const answer = await real(path, options);
        if (path.startsWith('/api/requests/') && options?.method !== 'POST') {
          window.heldPolls++;
          await gate;
        }
        return answer;
      };
      """;

  private FetchStubs() {}
}
