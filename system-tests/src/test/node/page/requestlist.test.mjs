import assert from 'node:assert/strict';
import test from 'node:test';
import { line, page } from './page.mjs';

const { conditionsOf, isFailed, matcher, MOST, statusChoices, withLines, withNotable } = await page('requestlist.mjs');

const ids = (lines) => lines.map((each) => each.client_req_id);

test('new lines come first, the newest at the top', () => {
  const list = withLines([line({ client_req_id: 'a' })], [line({ client_req_id: 'b' }), line({ client_req_id: 'c' })]);
  assert.deepEqual(ids(list), ['c', 'b', 'a']);
});

test('a line that the list has already is left out', () => {
  const list = [line({ client_req_id: 'a' })];
  assert.deepEqual(withLines(list, [line({ client_req_id: 'a' })]), list);
  assert.equal(withLines([], [line(), line()]).length, 1);
});

test('the list is bounded', () => {
  const lines = Array.from({ length: MOST + 5 }, (_, i) => line({ client_req_id: `${i}` }));
  const list = withLines([line({ client_req_id: 'old' })], lines);
  assert.equal(list.length, MOST);
  assert.equal(list[0].client_req_id, `${MOST + 4}`);
});

const START = Date.parse('2026-11-29T18:00:00.000Z');

/** Returns a line of a request that was received in this second after the start. */
const at = (second, id, changes) =>
  line({ client_req_id: id, received_at: new Date(START + second * 1000).toISOString(), ...changes });

/** Returns the list after so many minutes in which the stream sends two fast requests a second as notable. */
function afterFastTraffic(list, minutes) {
  for (let second = 1; second <= minutes * 60; second++) {
    list = withNotable(list, [at(second, `${second}a`, { total_ms: second % 7 }), at(second, `${second}b`)]);
  }
  return list;
}

test('half an hour of fast traffic displaces no failure', () => {
  const failure = at(0, 'failed', { status: 503, outcome: 'upstream_busy' });

  const list = afterFastTraffic([failure], 30);

  assert.equal(list.at(-1), failure);
  assert.equal(list.length, 1 + 25 * 20 + 2, 'the last minute has only begun');
});

test('the slowest of each minute stay', () => {
  const slow = at(30, 'slow', { total_ms: 9_000 });

  const list = afterFastTraffic([slow], 20);

  assert.equal(list.at(-1), slow);
  assert.equal(list.filter((each) => each.received_at < '2026-11-29T18:01').length, 20);
});

test('slow requests of old minutes go, and failures of any age stay', () => {
  const old = [at(0, 'slow', { total_ms: 9_000 }), at(0, 'lost', { outcome: 'lost', status: 0 })];

  assert.deepEqual(ids(withNotable(old, [])), ['slow', 'lost']);
  assert.deepEqual(
    ids(afterFastTraffic(old, 27)).filter((id) => id === 'slow' || id === 'lost'),
    ['lost'],
  );
});

test('a minute without a new line keeps what the broker has sent', () => {
  const loaded = Array.from({ length: 40 }, (_, i) => at(59 - i, `${i}`, { total_ms: 100 }));

  const list = withNotable(loaded, [at(90, 'fresh')]);

  assert.deepEqual(ids(list), ['fresh', ...ids(loaded)]);
});

test('the last 500 failures stay', () => {
  const failures = Array.from({ length: 510 }, (_, i) => at(i, `${i}`, { status: 500 }));
  const list = withNotable([at(0, 'slow')], failures);
  assert.equal(list.length, 501);
  assert.deepEqual([list[0].client_req_id, list[499].client_req_id, list[500].client_req_id], ['509', '10', 'slow']);
});

test('failures are those of the relay, of the server, and of lost requests', () => {
  const failed = (outcome, status) => isFailed(line({ outcome, status }));
  assert.deepEqual(
    [failed('answered', 500), failed('upstream_busy', 503), failed('lost', 0), failed('bad_request', 400)],
    [true, true, true, true],
  );
  assert.deepEqual([failed('answered', 499), failed('cancelled', 0), failed('cancelled', 499)], [false, false, false]);
});

test('all conditions must hold', () => {
  const matches = (query) =>
    matcher(conditionsOf(new URLSearchParams(query)))(line({ status: 503, outcome: 'upstream_busy' }));
  assert.ok(matches(''));
  assert.ok(matches('target=orders&status=503'));
  assert.ok(matches('status=5xx&outcome=upstream_busy'));
  assert.ok(matches('text=ORDERS/7'));
  assert.ok(matches('text=79519ea5'));
  assert.ok(matches('text=plant.plant-1'));
  assert.ok(!matches('target=order'));
  assert.ok(!matches('status=50'));
  assert.ok(!matches('status=4xx'));
  assert.ok(!matches('status=none'));
  assert.ok(!matches('target=orders&text=nothing'));
});

test('requests without a status have a choice', () => {
  assert.deepEqual(statusChoices([line(), line({ status: 503 }), line({ status: 0 })]), [
    '2xx',
    '5xx',
    '200',
    '503',
    'none',
  ]);
});
