// What the page knows: the last state of the relay, the requests, and the state of the connection.

import { withLines, withNotable, withoutRepeated } from './requestlist.mjs';
import { steadyStates } from './words.mjs';

/** Number of waiting events at which they are added to the lists, even if nobody reads these. */
const MOST_WAITING = 30;

/** Holds the data of all views, and tells its listeners about changes. */
export class Store {
  /** The last event `relay`, or null. */
  relay = null;
  /** Steady states of its targets ({@link steadyStates}). */
  steady = new Map();
  /** Requests that the stream left out since the load of the lists began. */
  omitted = 0;
  /** True once the first lines of the lists have been loaded. */
  begun = false;
  /** True once the whole lists have been loaded. */
  loaded = false;
  /** State of the stream: `connecting`, `live`, `lost` or `asleep`, with a message. */
  connection = { state: 'connecting', message: '', retryAt: 0 };
  /** True if the broker serves the page because of a login, which the reader can end. */
  session = false;
  /** Reason to load the page again: `release` (the broker has another one than at first), `bug`, or an empty text. */
  reload = '';
  #version;
  #recent = [];
  #notable = [];
  /** Events whose requests are not in the lists yet: most views show no list, and adding many events at once costs less. */
  #waiting = [];
  #listeners = new Set();
  /** Loads of the lists that have not ended, oldest first. Each collects what streams meanwhile. */
  #loads = new Set();

  /**
   * Adds a listener. It gets the part that has changed: `relay`, `requests`, `connection`, `session` or `reload`. Returns a
   * function that removes it. What a listener throws is a bug of the page.
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(what) {
    for (const listener of this.#listeners) {
      try {
        listener(what);
      } catch (e) {
        this.noteBug(e);
      }
    }
  }

  /** Notes that the page has a bug, so that what it shows may be wrong from now on. The error is printed on the console. */
  noteBug(error) {
    console.error(error);
    this.#setReload('bug');
  }

  #setReload(reason) {
    if (this.reload !== reason && this.reload !== 'bug') {
      this.reload = reason;
      this.#changed('reload');
    }
  }

  setRelay(relay) {
    this.#version ??= relay.version;
    this.#setReload(relay.version === this.#version ? '' : 'release');
    this.relay = relay;
    this.steady = steadyStates(this.steady, relay.targets, Date.parse(relay.taken_at));
    this.#changed('relay');
  }

  /** The last requests, newest first. */
  get recent() {
    this.#addWaiting();
    return this.#recent;
  }

  /** Requests that failed or took longest, by the broker's rule ({@link withNotable}), newest first. */
  get notable() {
    this.#addWaiting();
    return this.#notable;
  }

  #addWaiting() {
    if (this.#waiting.length > 0) {
      const recent = this.#waiting.flatMap((event) => event.recent);
      const notable = this.#waiting.flatMap((event) => event.notable);
      this.#waiting = [];
      this.#recent = withLines(this.#recent, recent);
      // Requests that were lost may have ended once more.
      this.#notable = withoutRepeated(withNotable(this.#notable, notable), [...recent, ...notable]);
    }
  }

  addRequests({ recent = [], notable = [], omitted = 0 }) {
    if (recent.length === 0 && notable.length === 0 && omitted === 0) {
      return;
    }
    this.#waiting.push({ recent, notable });
    if (this.#waiting.length >= MOST_WAITING) {
      this.#addWaiting();
    }
    this.omitted += omitted;
    for (const load of this.#loads) {
      load.events.push({ recent, notable });
      load.omitted += omitted;
    }
    this.#changed('requests');
  }

  /** Notes that a load of the lists begins. Returns it, for {@link setRequests} or {@link giveUp}. */
  beginLoad() {
    const load = { events: [], omitted: 0 };
    this.#loads.add(load);
    return load;
  }

  /** Notes that a load has failed: the lists stay as they are. */
  giveUp(load) {
    this.#loads.delete(load);
  }

  /**
   * Replaces the lists by loaded ones. Of the old lines, only those that the stream sent since the load began stay. Does nothing
   * if a load that began later has ended.
   *
   * @param isWhole false if only the first lines of the lists have been loaded
   */
  setRequests(load, lists, isWhole) {
    if (!this.#loads.has(load)) {
      return;
    }
    for (const earlier of [...this.#loads]) {
      this.#loads.delete(earlier);
      if (earlier === load) {
        break;
      }
    }
    this.#recent = lists.requests ?? [];
    this.#notable = lists.notable ?? [];
    this.#waiting = load.events;
    this.omitted = load.omitted;
    this.begun = true;
    this.loaded ||= isWhole;
    this.#changed('requests');
  }

  setSession(session) {
    if (this.session !== session) {
      this.session = session;
      this.#changed('session');
    }
  }

  setConnection(connection) {
    this.connection = connection;
    this.#changed('connection');
  }
}
