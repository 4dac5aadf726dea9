// What the page knows: the last state of the relay, the requests, and the state of the connection.

import { withLines } from './requestlist.mjs';

/** Holds the data of all views, and tells its listeners about changes. */
export class Store {
  /** The last event `relay`, or null. */
  relay = null;
  /** Newest first. */
  recent = [];
  /** Newest first: those that failed or took longest. */
  notable = [];
  /** Requests that the stream left out since the lists were loaded. */
  omitted = 0;
  /** True once the first lines of the lists have been loaded. */
  begun = false;
  /** True once the whole lists have been loaded. */
  loaded = false;
  /** State of the stream: `connecting`, `live`, `lost` or `asleep`, with a message. */
  connection = { state: 'connecting', message: '', retryAt: 0 };
  #listeners = new Set();

  /** Adds a listener. Returns a function that removes it. */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(what) {
    this.#listeners.forEach((listener) => listener(what));
  }

  setRelay(relay) {
    this.relay = relay;
    this.#changed('relay');
  }

  addRequests(event) {
    this.recent = withLines(this.recent, event.recent ?? []);
    this.notable = withLines(this.notable, event.notable ?? []);
    this.omitted += event.omitted ?? 0;
    this.#changed('requests');
  }

  /**
   * Replaces the lists by loaded ones. Lines that the stream sent meanwhile stay.
   *
   * @param isWhole false if only the first lines of the lists have been loaded
   */
  setRequests(lists, isWhole) {
    this.recent = newer(this.recent, lists.requests ?? []);
    this.notable = newer(this.notable, lists.notable ?? []);
    this.omitted = 0;
    this.begun = true;
    this.loaded ||= isWhole;
    this.#changed('requests');
  }

  setConnection(connection) {
    this.connection = connection;
    this.#changed('connection');
  }
}

/** Returns the loaded lines, with those of `streamed` that are newer than all of them. */
function newer(streamed, loaded) {
  const latest = loaded[0]?.received_at ?? '';
  return withLines(loaded, streamed.filter((line) => line.received_at >= latest).reverse());
}
