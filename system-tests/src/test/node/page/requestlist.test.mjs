import assert from 'node:assert/strict';
import test from 'node:test';
import { line, page } from './page.mjs';

const { conditionsOf, matcher, MOST, statusChoices, withLines } = await page('requestlist.mjs');

const ids = (lines) => lines.map((each) => each.client_req_id);

test('new lines come first, the newest at the top', () => {
  const list = withLines([line({ client_req_id: 'a' })], [line({ client_req_id: 'b' }), line({ client_req_id: 'c' })]);
  assert.deepEqual(ids(list), ['c', 'b', 'a']);
});

test('a line that the list has already is left out', () => {
  const list = [line({ client_req_id: 'a' })];
  assert.equal(withLines(list, [line({ client_req_id: 'a' })]), list);
  assert.equal(withLines([], [line(), line()]).length, 1);
});

test('the list is bounded', () => {
  const lines = Array.from({ length: MOST + 5 }, (_, i) => line({ client_req_id: `${i}` }));
  const list = withLines([line({ client_req_id: 'old' })], lines);
  assert.equal(list.length, MOST);
  assert.equal(list[0].client_req_id, `${MOST + 4}`);
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
