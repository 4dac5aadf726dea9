// The stream of events from the broker. It is closed while the tab is hidden, and opened again with growing pauses when lost.

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/** Silence after which the stream counts as lost: the broker sends an event each second. */
const SILENCE = 6_000;

/** Lines of the first load, which fill a window. */
const FIRST_LINES = 60;

/** Returns the pause before the nth attempt, in milliseconds. */
export function pauseBefore(attempt) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, attempt - 1));
}

/** Returns what a status of `/api/relay` says about a stream that did not open. */
export function reasonOf(status, text) {
  if (status === 503) {
    return text || 'the broker serves as many pages as it can: close one of them';
  }
  if (status === 403) {
    return text || 'the broker does not serve this page to this address';
  }
  return status === 0 ? 'the broker does not answer' : `the broker answered with ${status}`;
}

/** Fetches JSON from the broker. A failure has `status`, `error` and `message`. */
export async function getJson(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', credentials: 'same-origin', ...options });
  } catch {
    throw Object.assign(new Error('the broker does not answer'), { status: 0, error: '' });
  }
  if (response.status === 401) {
    location.assign('/login');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    const message = body.message ?? body.detail ?? `the broker answered with ${response.status}`;
    throw Object.assign(new Error(message), { status: response.status, error: body.error ?? '' });
  }
  return body;
}

/** Posts JSON with the header that other web pages cannot send. */
export function postJson(path, body = {}) {
  return getJson(path, {
    method: 'POST',
    headers: { 'X-Longcut-Page': '1', 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Keeps a {@link Store} up to date. */
export class Connection {
  #store;
  #source = null;
  #attempt = 0;
  #retry = 0;
  #watch = 0;
  #lastEvent = 0;

  constructor(store) {
    this.#store = store;
    document.addEventListener('visibilitychange', () => (document.hidden ? this.#sleep() : this.open()));
    addEventListener('pagehide', () => this.#close());
    addEventListener('pageshow', (event) => event.persisted && this.open());
  }

  /** Opens the stream now. */
  open() {
    this.#close();
    if (document.hidden) {
      this.#sleep();
      return;
    }
    const source = new EventSource('/api/stream');
    this.#source = source;
    this.#lastEvent = performance.now();
    source.addEventListener('relay', (event) => this.#received(() => this.#store.setRelay(JSON.parse(event.data))));
    source.addEventListener('requests', (event) => this.#received(() => this.#store.addRequests(JSON.parse(event.data))));
    source.onerror = () => this.#lost(source);
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lastEvent > SILENCE) {
        this.#lost(source);
      }
    }, 1_000);
  }

  #received(store) {
    this.#lastEvent = performance.now();
    const opened = this.#store.connection.state !== 'live';
    this.#attempt = 0;
    store();
    if (opened) {
      this.#store.setConnection({ state: 'live', message: '', retryAt: 0 });
      this.load();
    }
  }

  /** Loads the lists of requests. */
  async load() {
    try {
      this.#store.setRequests(await getJson('/api/requests?limit=1000'), true);
    } catch {
      // The stream notices a lost broker.
    }
  }

  /** Loads the first lines of the lists, for the first paint: the whole lists come once the stream is open. */
  async loadFirst() {
    try {
      const lists = await getJson(`/api/requests?limit=${FIRST_LINES}`);
      if (!this.#store.loaded) {
        this.#store.setRequests(lists, false);
      }
    } catch {
      // The stream notices a lost broker.
    }
  }

  async #lost(source) {
    if (this.#source !== source) {
      return;
    }
    this.#close();
    this.#attempt++;
    const message = await this.#reason();
    if (this.#source || document.hidden) {
      return;
    }
    const pause = pauseBefore(this.#attempt);
    this.#store.setConnection({ state: 'lost', message, retryAt: Date.now() + pause });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.open(), pause);
  }

  async #reason() {
    try {
      await getJson('/api/stream', { method: 'HEAD' });
      return 'the stream ended';
    } catch (e) {
      return reasonOf(e.status, e.error ? e.message : '');
    }
  }

  #sleep() {
    this.#close();
    this.#store.setConnection({ state: 'asleep', message: 'the tab is hidden', retryAt: 0 });
  }

  #close() {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }
}
