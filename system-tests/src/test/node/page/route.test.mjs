import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from './page.mjs';

const { parseRoute, requestLink, requestsLink, targetLink } = await page('route.mjs');

test('each view has an address', () => {
  assert.equal(parseRoute('').view, 'now');
  assert.equal(parseRoute('#/now').view, 'now');
  assert.equal(parseRoute('#/flow').view, 'flow');
  assert.equal(parseRoute('#/requests').view, 'requests');
  assert.equal(parseRoute('#/nothing').view, 'unknown');
  assert.equal(parseRoute('#/targets/').view, 'unknown');
});

test('names survive the way through an address', () => {
  for (const name of ['orders', 'a/b', 'a?b=c#d', '100%', 'grüße', '<img src=x>']) {
    const route = parseRoute(targetLink(name));
    assert.deepEqual([route.view, route.name], ['target', name]);
  }
  assert.equal(parseRoute(requestLink('79519ea5')).name, '79519ea5');
});

test('a malformed escape is taken literally', () => {
  assert.equal(parseRoute('#/targets/100%').name, '100%');
});

test('conditions survive the way through an address', () => {
  const { view, query } = parseRoute(requestsLink({ target: 'a&b', status: '', text: 'x y' }));
  assert.equal(view, 'requests');
  assert.deepEqual(
    [...query],
    [
      ['target', 'a&b'],
      ['text', 'x y'],
    ],
  );
  assert.equal(requestsLink({ target: '' }), '#/requests');
});
