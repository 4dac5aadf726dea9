import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { FakeDocument } from './fakedom.mjs';
import { page } from './page.mjs';

const { el, update } = await page('dom.mjs');

let body;

beforeEach(() => {
  globalThis.document = new FakeDocument();
  body = document.body;
});

const rows = (...keys) => keys.map((key) => el('tr', { key }, el('a', { href: `#/${key}` }, key)));
const texts = () => body.childNodes.map((row) => row.textContent);
const link = (i) => body.childNodes[i].firstChild;

test('a row that overtakes another keeps the focus', () => {
  update(body, rows('a', 'b', 'c'));
  const focused = link(2);
  focused.focus();

  update(body, rows('c', 'a', 'b'));

  assert.deepEqual(texts(), ['c', 'a', 'b']);
  assert.equal(link(0), focused, 'the row is the same node');
  assert.equal(document.activeElement, focused);
});

test('a row that stays keeps the focus, and is not focused again', () => {
  update(body, rows('a', 'b', 'c'));
  const focused = link(2);
  focused.focus();

  update(body, rows('x', 'c'));

  assert.equal(document.activeElement, focused);
  assert.equal(document.focusCalls, 1);
});

test('a row that is gone gives the focus to nobody', () => {
  update(body, rows('a', 'b'));
  link(0).focus();

  update(body, rows('b'));

  assert.equal(document.activeElement, body);
});

test('rows are sorted in one pass over their keys', () => {
  const keys = Array.from({ length: 300 }, (_, i) => `${i}`);
  update(body, rows(...keys));
  const old = new Map(body.childNodes.map((row) => [row.textContent, row]));
  const before = document.listed;

  update(body, rows(...[...keys].reverse()));

  const listed = document.listed - before;
  assert.ok(listed < 20 * keys.length, `${listed} nodes`);
  assert.deepEqual(texts(), [...keys].reverse());
  assert.ok(body.childNodes.every((row) => old.get(row.textContent) === row));
});

test('a text that stays the same is not written', () => {
  update(body, el('p', null, 'same'));
  const writes = document.writes;

  update(body, el('p', null, 'same'));
  assert.equal(document.writes, writes);
  update(body, el('p', null, 'other'));

  assert.equal(body.textContent, 'other');
  assert.equal(document.writes, writes + 1);
});
