import assert from 'node:assert/strict';
import test, { afterEach, beforeEach } from 'node:test';
import { line, page, relay } from './page.mjs';

const { Connection, getJson, pauseBefore, reasonOf } = await page('connection.mjs');
const { Store } = await page('store.mjs');

/** Streams that were opened, oldest first. */
let streams = [];
/** Answers of the broker: a function of path and options. */
let answer;
let isHidden = false;
let onVisibility = () => {};

class FakeEventSource {
  isOpen = true;
  #listeners = new Map();

  constructor() {
    streams.push(this);
  }

  addEventListener(name, listener) {
    this.#listeners.set(name, listener);
  }

  send(name, data) {
    this.#listeners.get(name)({ data: JSON.stringify(data) });
  }

  close() {
    this.isOpen = false;
  }
}

const never = () => new Promise(() => {});
const json = (value, status = 200) => Promise.resolve(new Response(JSON.stringify(value), { status }));

/** Lets all promises that can settle do so. */
const settle = () => new Promise((done) => setImmediate(done));

const REPLACED = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'performance'];
const real = Object.fromEntries(REPLACED.map((name) => [name, globalThis[name]]));

let now = 0;
/** Timers by their numbers. A timer has `at`, `run` and, if it repeats, `every`. */
let timers = new Map();
let lastTimer = 0;

function addTimer(run, delay, every) {
  timers.set(++lastTimer, { at: now + delay, run, every });
  return lastTimer;
}

/** Lets time pass, for timers and for `performance.now`. */
function pass(ms) {
  const end = now + ms;
  while (now < end) {
    now += 1_000;
    for (const [number, timer] of [...timers]) {
      if (timer.at <= now && timers.has(number)) {
        timer.every ? (timer.at += timer.every) : timers.delete(number);
        timer.run();
      }
    }
  }
}

function replaceGlobals() {
  const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  define('setTimeout', (run, delay) => addTimer(run, delay));
  define('setInterval', (run, delay) => addTimer(run, delay, delay));
  define('clearTimeout', (number) => timers.delete(number));
  define('clearInterval', (number) => timers.delete(number));
  define('performance', { now: () => now });
}

beforeEach(() => {
  streams = [];
  isHidden = false;
  now = 0;
  answer = () => json({});
  timers = new Map();
  replaceGlobals();
  globalThis.EventSource = FakeEventSource;
  globalThis.fetch = (path, options) => answer(path, options);
  globalThis.addEventListener = () => {};
  globalThis.document = {
    get hidden() {
      return isHidden;
    },
    addEventListener: (name, listener) => (onVisibility = listener),
  };
});

afterEach(() =>
  REPLACED.forEach((name) => Object.defineProperty(globalThis, name, { value: real[name], configurable: true, writable: true })),
);

function hide(hidden) {
  isHidden = hidden;
  onVisibility();
}

/** Returns a store with a live connection. */
function live() {
  const store = new Store();
  new Connection(store).open();
  streams[0].send('relay', relay());
  assert.equal(store.connection.state, 'live');
  return store;
}

test('a silent broker is lost at once, although it never says why', async () => {
  const store = live();
  answer = never;

  pass(7_000);

  assert.equal(store.connection.state, 'lost');
  assert.equal(store.connection.message, 'the broker does not answer');
  assert.equal(streams[0].isOpen, false);
  pass(1_000);
  assert.equal(streams.length, 2, 'the page tries again');
});

test('each attempt at a silent broker is given up, and the next one comes', async () => {
  const store = live();
  answer = never;

  pass(60_000);

  assert.ok(streams.length >= 4, `${streams.length} attempts`);
  assert.ok(streams.slice(0, -1).every((stream) => !stream.isOpen));
  while (!streams.at(-1).isOpen) {
    pass(1_000);
  }
  streams.at(-1).send('relay', relay());
  assert.equal(store.connection.state, 'live');
});

test('the reason follows once the broker has said it', async () => {
  const store = live();
  answer = (path, options) => (options.method === 'HEAD' ? Promise.resolve(new Response(null, { status: 503 })) : json({}));

  streams[0].onerror();
  assert.equal(store.connection.message, 'the stream ended');
  const { retryAt } = store.connection;
  await settle();

  assert.match(store.connection.message, /close one of them/);
  assert.equal(store.connection.retryAt, retryAt);
});

test('a reason that comes after the page is live again is not shown', async () => {
  const store = live();
  let say;
  answer = (path, options) => (options.method === 'HEAD' ? new Promise((done) => (say = done)) : json({}));
  streams[0].onerror();
  pass(1_000);
  streams[1].send('relay', relay());

  say(new Response(null, { status: 503 }));
  await settle();

  assert.deepEqual([store.connection.state, store.connection.message], ['live', '']);
});

test('a tab that was hidden is no longer asleep while it connects', () => {
  const store = live();
  hide(true);
  assert.equal(store.connection.state, 'asleep');
  answer = never;

  hide(false);
  assert.equal(store.connection.state, 'connecting');
  pass(7_000);

  assert.equal(store.connection.state, 'lost');
});

test('lists are loaded again when the stream opens again', async () => {
  const store = live();
  await settle();
  store.addRequests({ recent: [line()] });
  streams[0].onerror();
  pass(1_000);

  answer = () => json({ requests: [], notable: [] });
  streams[1].send('relay', relay());
  await settle();

  assert.deepEqual(store.recent, []);
});

test('lists are loaded again after a failure', async () => {
  answer = () => Promise.reject(new TypeError('failed'));
  const store = live();
  await settle();
  assert.equal(store.loaded, false);

  answer = () => json({ requests: [line()] });
  pass(2_000);
  await settle();

  assert.equal(store.recent.length, 1);
});

test('a session is known from the answers with the lists', async () => {
  let headers = { 'X-Longcut-Session': '1' };
  answer = () => Promise.resolve(new Response('{"requests":[]}', { headers }));
  const store = new Store();
  const connection = new Connection(store);
  assert.equal(store.session, false);
  const changes = [];
  store.listen((what) => what === 'session' && changes.push(store.session));

  await connection.loadFirst();
  assert.equal(store.session, true);
  await connection.load();
  answer = () => json({ error: 'loop_busy', detail: 'try again' }, 503);
  await connection.load();
  assert.equal(store.session, true, 'a failure says nothing about the session');
  headers = {};
  answer = () => Promise.resolve(new Response('{"requests":[]}', { headers }));
  await connection.load();

  assert.deepEqual(changes, [true, false]);
});

test('every request has a time limit', async () => {
  let signal;
  answer = (path, options) => {
    signal = options.signal;
    return json({});
  };

  await getJson('/api/x');

  assert.ok(signal instanceof AbortSignal);
});

test('an answer that breaks off is no answer', async () => {
  answer = () => Promise.resolve(new Response('{"requests":[', { status: 200 }));

  await assert.rejects(getJson('/api/x'), { status: 0, message: 'the broker does not answer' });
});

test('an error has the code and the sentence of the broker', async () => {
  answer = () => json({ error: 'loop_busy', detail: 'try again' }, 503);

  await assert.rejects(getJson('/api/x'), { status: 503, error: 'loop_busy', message: 'try again' });
});

test('the login leads back to the view', async () => {
  const visited = [];
  globalThis.location = { hash: '#/requests/7?a=b', assign: (address) => visited.push(address) };
  answer = () => json({ error: 'needs_token', detail: 'log in' }, 401);

  await assert.rejects(getJson('/api/x'), { status: 401 });

  assert.deepEqual(visited, ['/login#/requests/7?a=b']);
});

test('pauses grow to 15 seconds', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map(pauseBefore), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

test('each status of the stream has a reason', () => {
  assert.equal(reasonOf(0), 'the broker does not answer');
  assert.equal(reasonOf(200), 'the stream ended');
  assert.equal(reasonOf(500), 'the broker answered with 500');
});

test('an event that the page cannot read is a bug, and the connection lives on', () => {
  const store = new Store();
  new Connection(store).open();
  const original = console.error;
  const errors = [];
  console.error = (error) => errors.push(error);
  try {
    streams[0].send('relay', { version: '2' });
  } finally {
    console.error = original;
  }

  assert.equal(errors.length, 1);
  assert.equal(store.reload, 'bug');
  streams[0].send('relay', relay());
  assert.deepEqual([store.connection.state, store.relay], ['live', relay()]);
});
