import assert from 'node:assert/strict';
import test from 'node:test';
import { page, relay, target } from './page.mjs';

const {
  agentLook,
  byId,
  byNeed,
  changes,
  failureCodes,
  headline,
  mixedReleases,
  noAgents,
  outcomeWords,
  releases,
  statusTone,
  steadyReason,
  steadyStates,
  targetLook,
} = await page('words.mjs');

/** Returns the steady states of a target that was in these states, one a second. */
function steadyAfter(...states) {
  return states.reduce((steady, state, i) => steadyStates(steady, [target('a', { state })], i * 1000), new Map());
}

test('the headline says that all is well', () => {
  assert.deepEqual(headline(relay({ targets: [target('a')] })), { tone: 'ok', text: 'The target is well' });
  assert.equal(headline(relay({ targets: [target('a'), target('b')] })).text, 'All 2 targets are well');
  assert.equal(headline(relay()).text, 'No upstream agent has connected yet');
});

test('the headline names the one target that is not well', () => {
  const targets = [target('a'), target('b', { state: 'no_agent' })];
  assert.deepEqual(headline(relay({ targets })), { tone: 'bad', text: 'b has no agent; 1 target is well' });
  assert.equal(headline(relay({ targets: [target('b', { state: 'full' })] })).text, 'b is full');
});

test('the headline says that a state is unknown, and not that the target is unwell', () => {
  const unknown = (name) => target(name, { state: 'unknown' });
  assert.deepEqual(headline(relay({ targets: [unknown('a')] })), { tone: 'rest', text: 'The state of a is unknown' });
  assert.equal(headline(relay({ targets: [unknown('a'), unknown('b')] })).text, 'The state of 2 of 2 targets is unknown');
});

test('an empty list of agents that the broker cannot show is no lack of agents', () => {
  const truncated = { ...relay().truncated, upstream_agents: 3 };
  assert.equal(noAgents(relay({ truncated }), 'None.'), 'This broker cannot show the upstream agents now.');
  assert.equal(noAgents(relay({ truncated: { ...truncated, upstream_agents: 0 } }), 'None.'), 'None.');
});

test('the headline ignores names that callers have made up', () => {
  const targets = [target('a'), target('made-up', { state: 'no_agent', served: false })];
  assert.equal(headline(relay({ targets })).tone, 'ok');
});

test('the headline names brokers that are not well', () => {
  const brokers = [{ id: 'b.b-2', name: 'b-2', version: '1', state: 'silent' }];
  assert.deepEqual(headline(relay({ brokers, targets: [target('a')] })), {
    tone: 'bad',
    text: 'The target is well; b-2 is silent',
  });
});

test('targets that are not well come first, then by name, whatever their rates', () => {
  const names = byNeed([
    target('a'),
    target('b', { rate: 9 }),
    target('c', { state: 'full' }),
    target('d', { state: 'no_agent' }),
  ]);
  assert.deepEqual(
    names.map((each) => each.name),
    ['d', 'c', 'a', 'b'],
  );
});

test('processes are in the order of their ids', () => {
  assert.deepEqual(byId([{ id: 'b' }, { id: 'c' }, { id: 'a' }]), [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
});

test('a target near its capacity keeps its place, and gets another once it has been full for 10 s', () => {
  const flips = Array.from({ length: 31 }, (_, i) => (i % 2 === 0 ? 'ok' : 'full'));
  const full = Array(11).fill('full');
  assert.equal(steadyAfter(...flips).get('a').state, 'ok');
  assert.equal(steadyAfter('ok', ...full.slice(1)).get('a').state, 'ok');
  assert.equal(steadyAfter('ok', ...full).get('a').state, 'full');
  assert.equal(steadyAfter('ok', ...full, 'ok', 'full', 'ok').get('a').state, 'full');
  assert.equal(steadyAfter('ok', ...full, ...Array(11).fill('ok')).get('a').state, 'ok');

  const targets = [target('a', { state: 'full' }), target('b', { state: 'full' }), target('c')];
  const steady = new Map([['a', { state: 'ok' }], ['b', { state: 'full' }], ['c', { state: 'ok' }]]);
  assert.deepEqual(
    byNeed(targets, steady).map((each) => each.name),
    ['b', 'a', 'c'],
  );
});

test('a failure counts at once', () => {
  assert.equal(steadyAfter('ok', 'failing').get('a').state, 'failing');
  assert.equal(steadyAfter('ok', 'full', 'no_agent').get('a').state, 'no_agent');
  assert.equal(steadyAfter('no_agent', 'full').get('a').state, 'full');
  assert.equal(steadyAfter('full').get('a').state, 'full');
  assert.equal(steadyStates(steadyAfter('ok'), [], 0).size, 0, 'a target that is gone is forgotten');
});

test('a clock that is set back delays no change', () => {
  let steady = steadyAfter('ok', 'full');
  for (let second = -3600; second <= -3590; second++) {
    steady = steadyStates(steady, [target('a', { state: 'full' })], second * 1000);
  }
  assert.equal(steady.get('a').state, 'full');
});

test('the sentence below a target does not come and go each second', () => {
  const full = target('a', { state: 'full', reason: 'every slot is in use' });
  const steady = (state) => new Map([['a', { state }]]);
  assert.equal(steadyReason(full, steady('full')), 'every slot is in use');
  assert.equal(steadyReason(full, steady('ok')), '');
  assert.equal(steadyReason(target('a'), steady('full')), 'A slot is free again.');
  assert.equal(steadyReason(target('a'), steady('ok')), '');
});

test('failures have the most frequent code first, and keep their places', () => {
  assert.deepEqual(failureCodes(target('a', { failures: { b: 1, a: 1, c: 5 } })), [
    ['c', 5],
    ['a', 1],
    ['b', 1],
  ]);
  assert.deepEqual(failureCodes({}), []);
});

test('each state has a word and a shape of its own', () => {
  const looks = ['ok', 'full', 'failing', 'no_agent'].map((state) => targetLook(target('a', { state })));
  assert.equal(new Set(looks.map((look) => look.word)).size, 4);
  assert.equal(new Set(looks.map((look) => look.shape)).size, 4);
  assert.equal(targetLook({ state: 'some_new_state' }).word, 'some new state');
});

test('a bad experience with an agent counts more than its state', () => {
  assert.equal(agentLook({ state: 'ready', standing: 'suspect' }).word, 'suspect');
  assert.equal(agentLook({ state: 'gone', standing: 'suspect' }).word, 'gone');
  assert.equal(agentLook({ state: 'ready', standing: 'good' }).word, 'ready');
});

test('mixed releases are named', () => {
  const agents = [
    { id: 'a', version: '0.0.9', state: 'ready' },
    { id: 'a', version: '0.0.9', state: 'ready' },
  ];
  const clients = [
    { id: 'c', version: '0.1.0', last_request_ms: 20 },
    { id: 'd', version: '', last_request_ms: 800_000 },
    { id: 'e', version: '0.0.1', last_request_ms: 1_000_000 },
  ];
  assert.deepEqual(
    releases(relay({ upstream_agents: agents, client_agents: clients })).map((each) => [
      each.version,
      each.brokers.length,
      each.agents.length,
      each.clients.length,
    ]),
    [
      ['0.1.0', 1, 0, 1],
      ['0.0.9', 0, 1, 0],
      ['unknown', 0, 0, 1],
    ],
  );
  assert.deepEqual(mixedReleases(relay({ upstream_agents: agents })), ['Releases 0.1.0 and 0.0.9 run at the same time.']);
  assert.deepEqual(mixedReleases(relay()), []);
  assert.deepEqual(mixedReleases(relay({ client_agents: clients })), [], 'the claims of client agents are no notice');
});

test('only changes of state are announced', () => {
  const known = (state) => ({ relay: state, steady: steadyStates(new Map(), state.targets, 0) });
  const before = relay({ targets: [target('a'), target('b')] });
  const after = relay({
    targets: [
      target('a', { state: 'failing', reason: 'health check answers 500', rate: 7 }),
      target('b', { rate: 8 }),
      target('c'),
    ],
  });
  assert.deepEqual(changes(known(before), known(after)), ['Target a is failing: health check answers 500']);
});

test('a target that is full is announced once that has lasted', () => {
  const flips = relay({ targets: [target('a', { state: 'full', reason: 'every slot is in use' })] });
  const before = steadyAfter('ok', 'full');
  const spoken = (now) => changes({ relay: flips, steady: before }, { relay: flips, steady: steadyStates(before, flips.targets, now) });
  assert.deepEqual(spoken(10_999), []);
  assert.deepEqual(spoken(11_000), ['Target a is full: every slot is in use']);
});

test('results have words and tones', () => {
  assert.equal(outcomeWords({ outcome: 'answered', status: 404 }), '404');
  assert.equal(outcomeWords({ outcome: 'upstream_busy', status: 503 }), '503 upstream_busy');
  assert.equal(outcomeWords({ outcome: 'cancelled', status: 0 }), 'cancelled');
  assert.equal(outcomeWords({ outcome: '', status: 0 }), 'in flight');
  assert.equal(statusTone(500, 'answered'), 'bad');
  assert.equal(statusTone(404, 'answered'), 'warn');
  assert.equal(statusTone(204, 'answered'), 'ok');
  assert.equal(statusTone(503, 'upstream_busy'), 'bad');
});

test('a state of another release, or of nobody, is shown as it is', () => {
  for (const state of ['half_open', 'constructor', '__proto__', 'toString']) {
    assert.equal(targetLook(target('a', { state })).word, state.replaceAll('_', ' '));
    assert.equal(agentLook({ state, standing: state }).word, state.replaceAll('_', ' '));
  }
});
