import assert from 'node:assert/strict';
import test from 'node:test';
import { line, page, relay } from './page.mjs';

const { Store } = await page('store.mjs');

const named = (id, changes = {}) => line({ client_req_id: id, ...changes });
const ids = (lines) => lines.map((each) => each.client_req_id);

/** Returns a store whose lists have been loaded once. */
function loaded(lists) {
  const store = new Store();
  store.setRequests(store.beginLoad(), lists, true);
  return store;
}

test('a slow request that ends during the load stays', () => {
  const store = new Store();
  const load = store.beginLoad();
  const slow = named('slow', { received_at: '2026-11-29T18:00:00.000Z' });
  store.addRequests({ recent: [slow], notable: [slow] });
  const quick = named('quick', { received_at: '2026-11-29T18:05:00.000Z' });

  store.setRequests(load, { requests: [quick], notable: [] }, true);

  assert.deepEqual(ids(store.recent), ['slow', 'quick']);
  assert.deepEqual(ids(store.notable), ['slow']);
});

test('lines from before the load do not stay: the broker may have been restarted', () => {
  const store = loaded({ requests: [named('old')], notable: [named('old')] });
  store.addRequests({ recent: [named('before')] });

  const load = store.beginLoad();
  store.addRequests({ recent: [named('new')] });
  store.setRequests(load, { requests: [], notable: [] }, true);

  assert.deepEqual(ids(store.recent), ['new']);
  assert.deepEqual(ids(store.notable), []);
});

test('a line that was loaded and streamed is there once', () => {
  const store = new Store();
  const load = store.beginLoad();
  store.addRequests({ recent: [named('a'), named('b')] });

  store.setRequests(load, { requests: [named('b'), named('a')] }, true);

  assert.deepEqual(ids(store.recent), ['b', 'a']);
});

test('the load that began last wins', () => {
  const store = new Store();
  const first = store.beginLoad();
  const second = store.beginLoad();

  store.setRequests(second, { requests: [named('second')] }, true);
  store.setRequests(first, { requests: [named('first')] }, false);

  assert.deepEqual(ids(store.recent), ['second']);
});

test('a load that ends before one that began later is shown until then', () => {
  const store = new Store();
  const first = store.beginLoad();
  const second = store.beginLoad();

  store.setRequests(first, { requests: [named('first')] }, false);
  assert.deepEqual([ids(store.recent), store.begun, store.loaded], [['first'], true, false]);
  store.setRequests(second, { requests: [named('second')] }, true);

  assert.deepEqual([ids(store.recent), store.loaded], [['second'], true]);
});

test('requests that were left out since the load began stay counted', () => {
  const store = loaded({ requests: [] });
  store.addRequests({ omitted: 3 });
  const load = store.beginLoad();
  store.addRequests({ omitted: 4 });
  assert.equal(store.omitted, 7);

  store.setRequests(load, { requests: [] }, true);

  assert.equal(store.omitted, 4);
});

test('a load that failed changes nothing', () => {
  const store = loaded({ requests: [named('old')] });
  const load = store.beginLoad();

  store.giveUp(load);
  store.setRequests(load, { requests: [] }, true);

  assert.deepEqual(ids(store.recent), ['old']);
});

test('slow requests displace no failure, neither from the stream nor from a load', () => {
  const failure = named('failed', { status: 503, outcome: 'upstream_busy' });
  const slow = Array.from({ length: 1_500 }, (_, i) => named(`${i}`));
  const store = loaded({ notable: [failure] });

  store.addRequests({ notable: slow });
  assert.ok(ids(store.notable).includes('failed'));

  const load = store.beginLoad();
  store.addRequests({ notable: slow });
  store.setRequests(load, { notable: [failure] }, true);
  assert.ok(ids(store.notable).includes('failed'));
});

test('an empty event changes nothing', () => {
  const store = loaded({ requests: [named('a')], notable: [named('a')] });
  const told = [];
  store.listen((what) => told.push(what));

  store.addRequests({ next: 7, omitted: 0, recent: [], notable: [] });
  assert.deepEqual(told, []);
  store.addRequests({ omitted: 1 });
  store.addRequests({ recent: [named('b')] });
  store.addRequests({ notable: [named('c')] });

  assert.deepEqual(told, ['requests', 'requests', 'requests']);
});

test('events that nobody reads do not wait without limit', () => {
  const store = new Store();
  let reads = 0;
  const watched = Object.defineProperty(named('a'), 'client_req_id', { get: () => `${reads++}` });

  for (let i = 0; i < 29; i++) {
    store.addRequests({ recent: [watched] });
  }
  assert.equal(reads, 0);
  store.addRequests({ recent: [watched] });

  assert.ok(reads > 0);
});

test('requests that nobody reads for a long time are there, newest first', () => {
  const store = loaded({ requests: [named('before')], notable: [named('before')] });
  const names = Array.from({ length: 100 }, (_, i) => `id-${i}`);
  const expected = [...names].reverse();

  for (const name of names) {
    const failed = named(name, { outcome: 'upstream_busy', status: 503 });
    store.addRequests({ recent: [failed], notable: [failed] });
  }

  assert.deepEqual(ids(store.recent), [...expected, 'before']);
  assert.deepEqual(ids(store.notable), [...expected, 'before']);
});

/** Replaces `console.error` during a call. Returns what was printed. */
function printed(action) {
  const original = console.error;
  const errors = [];
  console.error = (error) => errors.push(error);
  try {
    action();
  } finally {
    console.error = original;
  }
  return errors;
}

test('a listener that throws is a bug of the page, and the others are told', () => {
  const store = new Store();
  const bug = new Error('in a view');
  const told = [];
  store.listen(() => {
    throw bug;
  });
  store.listen((what) => told.push(what));

  assert.deepEqual(
    printed(() => store.setRelay(relay())),
    [bug, bug],
    'the listener fails also when it is told of the bug',
  );

  assert.equal(store.reload, 'bug');
  assert.deepEqual(told, ['reload', 'relay']);
  printed(() => store.setRelay(relay({ version: '2' })));
  assert.equal(store.reload, 'bug', 'a new release does not hide the bug');
});

test('another release of the broker asks for a reload', () => {
  const store = new Store();
  const told = [];
  store.listen((what) => told.push([what, store.reload]));
  const others = (version) => relay().brokers.map((broker) => ({ ...broker, this: false, version }));

  store.setRelay(relay({ version: '1', brokers: others('1') }));
  store.setRelay(relay({ version: '1', brokers: others('2') }));
  assert.equal(store.reload, '', 'the releases of other brokers do not count');
  store.setRelay(relay({ version: '2' }));
  store.setRelay(relay({ version: '2' }));
  store.setRelay(relay({ version: '1' }));

  assert.deepEqual(
    told.filter(([what]) => what === 'reload'),
    [
      ['reload', 'release'],
      ['reload', ''],
    ],
  );
});

test('a request that was lost after it had been answered stays notable, as in the memory of the broker', () => {
  const answered = named('a', { received_at: '2026-11-29T18:00:01Z', total_ms: 5 });
  const lost = named('a', { outcome: 'lost', status: 0, received_at: '2026-11-29T18:00:00Z', total_ms: 20_000 });
  const store = loaded({});

  store.addRequests({ recent: [answered] });
  store.addRequests({ recent: [lost], notable: [lost] });

  assert.deepEqual(store.notable, [lost]);
});

test('a lost request that ends once more is no longer notable, as in the memory of the broker', () => {
  const lost = named('a', { outcome: 'lost', status: 0, received_at: '2026-11-29T18:00:00Z' });
  const again = named('a', { received_at: '2026-11-29T18:00:00.500Z' });
  const other = named('b', { outcome: 'lost', status: 0 });
  const store = loaded({ requests: [other, lost], notable: [other, lost] });
  const load = store.beginLoad();

  store.addRequests({ recent: [again], notable: [] });

  assert.deepEqual(store.recent, [again, other, lost]);
  assert.deepEqual(store.notable, [other]);
  store.setRequests(load, { requests: [other, lost], notable: [other, lost] }, true);
  assert.deepEqual(store.notable, [other]);
});
