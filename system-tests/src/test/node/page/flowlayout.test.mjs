import assert from 'node:assert/strict';
import test from 'node:test';
import { page, relay } from './page.mjs';

const { layOut, lineWidth, MORE } = await page('flowlayout.mjs');

const BROKER = 'broker.broker-1-k3v7qa';
const client = (id, rate) => ({ id, user: 'acme', rate });
const agent = (id, target, rate = 1) => ({ id, target, rate, state: 'ready', standing: 'good' });

test('the width of a line is in proportion to the rate, and can be seen', () => {
  const widths = [0, 1, 250, 500, 1000].map((rate) => lineWidth(rate, 1000));
  assert.deepEqual(widths, [1.5, 1.5, 4, 8, 16]);
  assert.equal(lineWidth(0, 0), 1.5);
});

test('lines lead from client agents over brokers to upstream agents', () => {
  const flow = layOut(
    relay({
      client_agents: [client('c', 3)],
      upstream_agents: [agent('u', 'orders')],
      flows: [
        { from: 'c', to: BROKER, target: '', rate: 3 },
        { from: BROKER, to: 'u', target: 'orders', rate: 3 },
        { from: BROKER, to: 'unknown', target: 'orders', rate: 3 },
      ],
    }),
    1000,
  );
  assert.deepEqual(
    flow.lines.map((line) => [line.from.id, line.to.id, line.rate]),
    [
      ['c', BROKER, 3],
      [BROKER, 'u', 3],
    ],
  );
  assert.ok(flow.columns[0][0].x < flow.columns[1][0].x && flow.columns[1][0].x < flow.columns[2][0].x);
});

test('an agent with several targets has one box', () => {
  const flow = layOut(relay({ upstream_agents: [agent('u', 'orders', 1), agent('u', 'users', 2)] }), 1000);
  assert.deepEqual(
    flow.columns[2].map((box) => [box.id, box.rate, box.targets]),
    [['u', 3, ['orders', 'users']]],
  );
});

test('the agents with the least traffic are one group', () => {
  const agents = Array.from({ length: 30 }, (_, i) => agent(`u${i}`, 't', i));
  const flows = agents.map((each) => ({ from: BROKER, to: each.id, target: 't', rate: each.rate }));
  const flow = layOut(relay({ upstream_agents: agents, flows }), 1000);
  assert.equal(flow.columns[2].length, 12);
  const group = flow.columns[2].at(-1);
  assert.equal(group.id, MORE);
  assert.equal(group.members.size, 19);
  const line = flow.lines.find((each) => each.to.id === MORE);
  assert.equal(line.rate, group.rate);
});

test('boxes keep within the drawing, also on a phone', () => {
  for (const width of [300, 390, 1240]) {
    const flow = layOut(relay({ client_agents: [client('c', 1)], upstream_agents: [agent('u', 't')] }), width);
    for (const box of flow.columns.flat()) {
      assert.ok(box.x >= 0 && box.x + box.width <= width && box.y + box.height <= flow.height);
    }
  }
});

test('a box keeps its place when rates change', () => {
  const places = (a, b) =>
    layOut(relay({ upstream_agents: [agent('x', 't', a), agent('y', 't', b)] }), 800).columns[2].map((box) => box.id);
  assert.deepEqual(places(1, 2), places(2, 1));
});
