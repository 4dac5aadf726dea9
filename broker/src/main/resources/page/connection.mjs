// The stream of events from the broker. It is closed while the tab is hidden, and opened again with growing pauses when lost.

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/** Silence after which the stream counts as lost: the broker sends an event each second. */
const SILENCE = 6_000;

/** Longest time until the broker must have answered a request. */
const TIME_LIMIT = 10_000;

/** Longest time until the broker must have said why a stream ended. */
const REASON_TIME_LIMIT = 3_000;

/** Pause before the lists are loaded again after a failure. */
const LOAD_PAUSE = 2_000;

/** Lines of the first load, which fill a window. index.html begins this load before the scripts run. */
const FIRST_LINES = 60;

/** Header of an answer that the broker gives because of the session of a login. */
const SESSION = 'X-Longcut-Session';

const NO_ANSWER = 'the broker does not answer';
const STREAM_ENDED = 'the stream ended';

/** Returns the pause before the nth attempt, in milliseconds. */
export function pauseBefore(attempt) {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, attempt - 1));
}

/** Returns what a status of `/api/stream` says about a stream that ended or did not open. */
export function reasonOf(status) {
  switch (status) {
    case 0:
      return NO_ANSWER;
    case 200:
      return STREAM_ENDED;
    case 403:
      return 'the broker does not serve this page to this address';
    case 503:
      return 'the broker serves as many pages as it can: close one of them';
    default:
      return `the broker answered with ${status}`;
  }
}

/**
 * Fetches JSON from the broker. A failure has `status`, `error` and `message`. The status is 0 if the broker did not answer in
 * time, or not completely.
 */
export async function getJson(path, options = {}) {
  return jsonOf(await send(path, options));
}

async function jsonOf(response) {
  if (response.ok) {
    return response.json().catch(() => Promise.reject(failure(0, '', NO_ANSWER)));
  }
  const body = await response.json().catch(() => ({}));
  const message = body.detail ?? `the broker answered with ${response.status}`;
  throw failure(response.status, body.error ?? '', message);
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, {
      cache: 'no-store',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(TIME_LIMIT),
      ...options,
    });
  } catch {
    throw failure(0, '', NO_ANSWER);
  }
  if (response.status === 401) {
    location.assign(`/login${location.hash}`); // The login leads back to this view.
  }
  return response;
}

function failure(status, error, message) {
  return Object.assign(new Error(message), { status, error });
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
  #reload = 0;
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
    if (this.#store.connection.state !== 'lost') {
      this.#store.setConnection({ state: 'connecting', message: '', retryAt: 0 });
    }
    const source = new EventSource('/api/stream');
    this.#source = source;
    this.#lastEvent = performance.now();
    source.addEventListener('relay', (event) => this.#received(() => this.#store.setRelay(JSON.parse(event.data))));
    source.addEventListener('requests', (event) => this.#received(() => this.#store.addRequests(JSON.parse(event.data))));
    source.onerror = () => this.#lost(source, STREAM_ENDED);
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lastEvent > SILENCE) {
        this.#lost(source, NO_ANSWER);
      }
    }, 1_000);
  }

  #received(store) {
    this.#lastEvent = performance.now();
    const opened = this.#store.connection.state !== 'live';
    this.#attempt = 0;
    try {
      store();
    } catch (e) {
      this.#store.noteBug(e);
    }
    if (opened) {
      this.#store.setConnection({ state: 'live', message: '', retryAt: 0 });
      this.load();
    }
  }

  /** Loads the lists of requests. Tries again after a failure while the stream is open. */
  async load() {
    clearTimeout(this.#reload);
    const source = this.#source;
    const load = this.#store.beginLoad();
    try {
      this.#store.setRequests(load, await this.#getLists(1000), true);
    } catch {
      this.#store.giveUp(load);
      if (source && this.#source === source) {
        this.#reload = setTimeout(() => this.load(), LOAD_PAUSE);
      }
    }
  }

  /** Loads the first lines of the lists, for the first paint: the whole lists come once the stream is open. */
  async loadFirst() {
    const load = this.#store.beginLoad();
    try {
      this.#store.setRequests(load, await this.#getLists(FIRST_LINES), false);
    } catch {
      this.#store.giveUp(load); // The stream notices a lost broker.
    }
  }

  /** Fetches the lists of requests. Their answer also says whether the reader has logged in. */
  async #getLists(most) {
    const response = await send(`/api/requests?limit=${most}`, {});
    const lists = await jsonOf(response);
    this.#store.setSession(response.headers.get(SESSION) === '1');
    return lists;
  }

  /** Shows the loss at once, since the broker may never say its reason. */
  #lost(source, cause) {
    if (this.#source !== source) {
      return;
    }
    this.#close();
    this.#attempt++;
    const pause = pauseBefore(this.#attempt);
    const { state, message } = this.#store.connection;
    this.#store.setConnection({
      state: 'lost',
      message: state === 'lost' ? message : cause,
      retryAt: Date.now() + pause,
    });
    this.#retry = setTimeout(() => this.open(), pause);
    this.#askReason(this.#attempt);
  }

  async #askReason(attempt) {
    const options = { method: 'HEAD', signal: AbortSignal.timeout(REASON_TIME_LIMIT) };
    const status = await send('/api/stream', options).then((response) => response.status, () => 0);
    if (this.#attempt === attempt && this.#store.connection.state === 'lost') {
      this.#store.setConnection({ ...this.#store.connection, message: reasonOf(status) });
    }
  }

  #sleep() {
    this.#close();
    this.#store.setConnection({ state: 'asleep', message: 'the tab is hidden', retryAt: 0 });
  }

  #close() {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    clearTimeout(this.#reload);
    this.#source?.close();
    this.#source = null;
  }
}
