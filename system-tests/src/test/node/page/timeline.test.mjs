import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from './page.mjs';

const { forgotten, place, ranSentence, timelineRows } = await page('timeline.mjs');
const { outcomeWords, statusTone } = await page('words.mjs');

const step = (ms, stage, why, agent = '', id = 'one') => ({ ms, stage, why, broker_req_id: id, upstream_agent: agent });
const A = 'plant.plant-1-x2m4cd';
const B = 'plant.plant-2-y4n6ef';

const shown = (rows) => rows.map((row) => [row.label, row.from, row.to, row.note]);

// Steps as the broker makes them: see RouterTimelineTest.

test('a request that was dispatched twice', () => {
  const rows = timelineRows({
    outcome: 'answered',
    status: 200,
    total_ms: 20,
    steps: [
      step(0, 'received', ''),
      step(0, 'dispatched', 'received', A),
      step(1, 'dispatched', 'confirmed', A),
      step(3, 'dispatched', 'unreachable', B, 'two'),
      step(9, 'running', 'acked', B, 'two'),
      step(20, 'over', 'answered', '', 'two'),
    ],
  });
  assert.deepEqual(shown(rows), [
    ['Received', 0, 0, ''],
    ['Dispatched #1 to plant-1', 0, 3, 'RabbitMQ: confirmed at 1.0 ms; ended: unreachable'],
    ['Dispatched #2 to plant-2', 3, 9, 'acked'],
    ['Acked, running at plant-2', 9, 20, 'the response came'],
    ['Answered with 200', 20, 20, ''],
  ]);
  assert.deepEqual(
    rows.map((row) => row.tone),
    ['rest', 'bad', 'rest', 'accent', 'ok'],
  );
});

test('a POST that waits is settled before its dispatch', () => {
  const rows = timelineRows({
    outcome: 'answered',
    status: 200,
    total_ms: 50,
    steps: [
      step(0, 'received', ''),
      step(0, 'waiting', 'received, no agent free'),
      step(40, 'settling', 'agent free, to be settled', A),
      step(42, 'dispatched', 'settled', A),
      step(50, 'over', 'answered'),
    ],
  });
  assert.deepEqual(shown(rows), [
    ['Received', 0, 0, ''],
    ['Waited for a free agent', 0, 40, 'agent free'],
    ['Reserved a slot of plant-1', 40, 42, ''],
    ['Dispatched #1 to plant-1', 42, 50, 'answered'],
    ['Answered with 200', 50, 50, ''],
  ]);
});

test('a request that comes back waits again', () => {
  const rows = timelineRows({
    outcome: 'no_upstream_agent',
    status: 503,
    total_ms: 90,
    steps: [
      step(0, 'received', ''),
      step(0, 'dispatched', 'received', A),
      step(5, 'waiting', 'rejected, no agent free'),
      step(90, 'over', 'no_upstream_agent'),
    ],
  });
  assert.deepEqual(shown(rows), [
    ['Received', 0, 0, ''],
    ['Dispatched #1 to plant-1', 0, 5, 'ended: rejected, no agent free'],
    ['Waited for a free agent', 5, 90, 'no_upstream_agent'],
    ['Answered with 503 no_upstream_agent', 90, 90, ''],
  ]);
});

test('the last stage of a request in flight lasts until now', () => {
  const rows = timelineRows({
    outcome: '',
    status: 0,
    total_ms: 900,
    steps: [step(0, 'received', ''), step(1, 'waiting', 'received, no agent free')],
  });
  assert.deepEqual([rows[1].from, rows[1].to, rows[1].note], [1, 900, 'not over yet']);
});

test('a request that its broker has forgotten may have run', () => {
  const account = forgotten({
    state: 'in_flight',
    outcome: '',
    status: 0,
    ran: 'not_yet',
    ran_why: 'no upstream agent has it',
    total_ms: 900,
    steps: [step(0, 'received', ''), step(1, 'waiting', 'received, no agent free')],
  });
  assert.deepEqual(shown(timelineRows(account))[1], ['Waited for a free agent', 1, 900, 'its end is unknown']);
  assert.equal(ranSentence(account), 'It may have run: its broker no longer knows it.');
  assert.equal(outcomeWords(account), 'unknown');
  assert.equal(statusTone(account.status, account.outcome), 'bad');
});

test('a refused request says with what it was answered', () => {
  const rows = timelineRows({
    outcome: 'upstream_busy',
    status: 503,
    total_ms: 5,
    steps: [step(0, 'received', ''), step(5, 'over', 'upstream_busy')],
  });
  assert.deepEqual([rows[1].label, rows[1].tone], ['Answered with 503 upstream_busy', 'bad']);
});

test('an account without steps has no rows', () => {
  assert.deepEqual(timelineRows({ outcome: '', status: 0, total_ms: 0, steps: [] }), []);
});

test('the shortest bar is visible and no bar leaves the track', () => {
  for (const row of [
    { from: 0, to: 0 },
    { from: 100, to: 100 },
    { from: 99.999, to: 100 },
    { from: 0, to: 100 },
  ]) {
    const { start, width } = place(row, 100);
    assert.ok(width >= 0.006);
    assert.ok(start >= 0 && start + width <= 1 + 1e-9);
  }
  assert.deepEqual(place({ from: 0, to: 0 }, 0).start, 0);
});

test('the verdict is a sentence', () => {
  assert.equal(ranSentence({ ran: 'maybe', ran_why: 'a wait ended' }), 'It may have run: a wait ended.');
  assert.equal(ranSentence({ ran: 'no', ran_why: '' }), 'It did not run.');
});

test('dispatches keep their numbers if steps before them are left out', () => {
  const dispatch = (n) => [
    step(n, 'dispatched', n === 1 ? 'received' : 'rejected', A, `${n}`),
    step(n + 0.5, 'dispatched', 'confirmed', A, `${n}`),
  ];
  const all = [step(0, 'received', ''), ...Array.from({ length: 50 }, (_, i) => dispatch(i + 1)).flat()];
  const numbers = (account) => timelineRows(account).flatMap((row) => /#(\d+)/.exec(row.label)?.[1] ?? []);

  const steps = [...all.slice(0, 20), ...all.slice(-40)];
  const shortened = { state: 'waiting', total_ms: 60, attempts: 50, omitted_steps: all.length - 60, steps };

  assert.deepEqual(
    numbers(shortened).map(Number),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...Array.from({ length: 20 }, (_, i) => 31 + i)],
  );
  assert.equal(numbers({ ...shortened, omitted_steps: 0, steps: all }).at(-1), '50');
});
