import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from './page.mjs';

globalThis.matchMedia = () => ({ matches: false, addEventListener: () => {} });
const { shown } = await page('charts.mjs');

test('a time after the last point is left out, since its label would be cut', () => {
  assert.deepEqual(shown([60, 120, 180], 175), [60, 120, null]);
  assert.deepEqual(shown([60, 120, 180], 180), [60, 120, 180]);
});
