import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeDocument } from './fakedom.mjs';
import { page, relay } from './page.mjs';

const { flowTable } = await page('views/flow.mjs');

const BROKER = 'broker.broker-1-k3v7qa';
const CLIENT = 'acme.shop-1-k3v7qa';
const AGENT = 'plant.plant-1-x2m4cd';

/** Returns the elements of a name below a node. */
function all(name, node) {
  return node.childNodes.flatMap((child) => [...(child.nodeName === name ? [child] : []), ...all(name, child)]);
}

test('brokers in the table lead to the brokers, and agents to their requests', () => {
  globalThis.document = new FakeDocument();
  const state = relay({
    flows: [
      { from: CLIENT, to: BROKER, target: '', rate: 3 },
      { from: BROKER, to: AGENT, target: 'orders', rate: 3 },
    ],
    truncated: { flows: 0 },
  });

  const [, table] = flowTable(state, true);

  assert.deepEqual(
    all('a', table).map((link) => [link.textContent, link.getAttribute('href'), link.getAttribute('title')]),
    [
      ['broker-1', '#/now', BROKER],
      ['plant-1', `#/requests?text=${AGENT}`, AGENT],
      ['orders', '#/targets/orders', null],
      ['shop-1', `#/requests?text=${CLIENT}`, CLIENT],
      ['broker-1', '#/now', BROKER],
    ],
  );
});
