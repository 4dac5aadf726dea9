import assert from 'node:assert/strict';
import test from 'node:test';
import { page, relay, target } from './page.mjs';

const { agentLook, byNeed, changes, headline, mixedReleases, outcomeWords, releases, statusTone, targetLook } =
  await page('words.mjs');

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

test('targets that are not well come first, then the busiest', () => {
  const names = byNeed([
    target('a'),
    target('b', { rate: 9 }),
    target('c', { state: 'full' }),
    target('d', { state: 'no_agent' }),
  ]);
  assert.deepEqual(
    names.map((each) => each.name),
    ['d', 'c', 'b', 'a'],
  );
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
  const before = relay({ targets: [target('a'), target('b')] });
  const after = relay({
    targets: [
      target('a', { state: 'failing', reason: 'health check answers 500', rate: 7 }),
      target('b', { rate: 8 }),
      target('c'),
    ],
  });
  assert.deepEqual(changes(before, after), ['Target a is failing: health check answers 500']);
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
