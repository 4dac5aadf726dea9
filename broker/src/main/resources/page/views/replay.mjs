// Sending a captured request again.

import { getJson, postJson } from '../connection.mjs';
import { el, update } from '../dom.mjs';
import { duration } from '../format.mjs';
import { statusBadge, toRequest } from '../parts.mjs';
import { ranSentence } from '../timeline.mjs';
import { message } from './captured.mjs';

const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS']);
const POLL = 500;

/** Milliseconds after which a replay that the broker does not know is lost. */
const LOST = 5_000;

const NO_ANSWER = 'The broker did not answer. It may have sent the request again: look at its list of requests.';

const REFUSALS = {
  not_captured: 'The content of this request is no longer kept.',
  not_complete: 'The body was not kept completely, so the request cannot be sent again.',
  replay_off: 'Sending again is off: set inspect.replay = true in the settings of the broker.',
  draining: 'The broker is stopping: use the page of another broker.',
  full: 'Ten replays are in flight, which is the limit: wait for their answers, then try again.',
};

/** Button, dialog and result of sending one request again. */
export class Replay {
  #id;
  #announce;
  #store;
  #node = el('section', { key: 'replay', class: 'replay', 'aria-label': 'Send again' });
  #account = null;
  #result = null;
  #isSending = false;
  #isClosed = false;
  #timer = 0;

  constructor(id, { announce, store }) {
    this.#id = id;
    this.#announce = announce;
    this.#store = store;
  }

  /** Returns the part of the view, or false if the broker does not allow it. */
  part(account) {
    this.#account = account;
    if (!this.#store.relay?.inspect?.replay || !account.captured || account.state !== 'over') {
      return false;
    }
    this.#draw();
    return this.#node.isConnected ? el('section', { key: 'replay', class: 'replay', kept: true }) : this.#node;
  }

  /** Ends it with its view. A request of the page that is under way then has no effect any more. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#node.querySelector('dialog')?.close();
  }

  #draw() {
    update(
      this.#node,
      el(
        'div',
        { class: 'toolbar' },
        el(
          'button',
          // A disabled button would lose the focus.
          { type: 'button', class: 'primary', 'aria-disabled': String(this.#isSending), onclick: () => this.#ask() },
          this.#isSending ? 'Sending …' : 'Send again',
        ),
        el('span', { class: 'hint' }, 'The broker sends it under a new id, and logs who asked.'),
      ),
      this.#dialog(),
      this.#result && this.#resultPart(),
    );
  }

  #dialog() {
    const close = () => this.#node.querySelector('dialog').close();
    return el(
      'dialog',
      { 'aria-labelledby': 'replay-title', key: 'dialog', kept: this.#node.querySelector('dialog') !== null },
      el('h2', { id: 'replay-title' }, `Send this ${this.#account.method} again?`),
      el(
        'p',
        null,
        `${this.#account.method} is not repeatable: the server will do again what it did. ${ranSentence(this.#account)}`,
      ),
      el('p', { class: 'mono break' }, `${this.#account.method} ${this.#account.path}`),
      el(
        'div',
        { class: 'toolbar end' },
        el('button', { type: 'button', onclick: close }, 'Cancel'),
        el('button', { type: 'button', class: 'primary danger', onclick: () => (close(), this.#send(true)) }, 'Send again'),
      ),
    );
  }

  #ask() {
    if (this.#isSending) {
      return;
    }
    if (REPEATABLE.has(this.#account.method)) {
      this.#send(false);
    } else {
      this.#node.querySelector('dialog').showModal();
    }
  }

  async #send(confirm) {
    this.#isSending = true;
    this.#result = null;
    this.#draw();
    try {
      const sent = await postJson(`/api/requests/${encodeURIComponent(this.#id)}/replay`, confirm ? { confirm: true } : {});
      if (this.#isClosed) {
        return;
      }
      this.#result = { id: sent.client_req_id, account: null, known: performance.now() };
      this.#draw();
      this.#poll();
    } catch (e) {
      if (this.#isClosed) {
        return;
      }
      this.#isSending = false;
      if (e.error === 'confirm' && !confirm) {
        this.#draw();
        this.#node.querySelector('dialog').showModal();
        return;
      }
      this.#fail(e.status === 0 ? NO_ANSWER : (REFUSALS[e.error] ?? `Not sent: ${e.message}.`));
    }
  }

  async #poll() {
    const result = this.#result;
    let account = null;
    let error = null;
    try {
      account = await getJson(`/api/requests/${encodeURIComponent(result.id)}`);
    } catch (e) {
      error = e;
    }
    if (this.#isClosed) {
      return;
    }
    if (error && error.status !== 404 && error.status !== 503 && error.status !== 0) {
      this.#fail(`Sent, but its account could not be loaded: ${error.message}. It may have run.`);
      return;
    }
    if (error?.status === 404 && performance.now() - result.known > LOST) {
      this.#fail('Sent, but the broker has lost it, perhaps by a restart. It may have run.');
      return;
    }
    if (account) {
      result.account = account;
      result.known = performance.now();
    }
    if (account?.state === 'over') {
      this.#isSending = false;
      this.#announce('The answer is here');
      this.#draw();
    } else {
      this.#timer = setTimeout(() => this.#poll(), POLL);
    }
  }

  #fail(text) {
    this.#isSending = false;
    this.#result = { ...this.#result, failure: text };
    this.#announce(text);
    this.#draw();
  }

  #resultPart() {
    const { id, account, failure } = this.#result;
    if (failure) {
      return el('p', { class: 'problem', key: 'failure' }, failure, id && el('span', null, ' ', toRequest(id)));
    }
    if (account?.state !== 'over') {
      return el('p', { class: 'hint', key: 'sent' }, 'Sent as ', toRequest(id), '. Waiting for the answer …');
    }
    return el(
      'div',
      { class: 'answer', key: id },
      el(
        'p',
        { class: 'verdict' },
        statusBadge(account),
        el('span', null, ranSentence(account)),
        el('span', { class: 'muted' }, duration(account.total_ms), ', ', toRequest(id)),
      ),
      account.captured?.response
        ? message('Answer', account.captured.response)
        : el('p', { class: 'hint' }, 'The answer has no content that the broker kept.'),
    );
  }
}
