import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from './page.mjs';

const { indented } = await page('json.mjs');

const ALL = 1_000_000;

test('numbers and names stay as they were sent', () => {
  assert.equal(
    indented('{"order":9007199254740993,"price":1.50,"x":1e400,"x":-0, "__proto__" : 1E+2}', ALL),
    '{\n  "order": 9007199254740993,\n  "price": 1.50,\n  "x": 1e400,\n  "x": -0,\n  "__proto__": 1E+2\n}',
  );
});

test('other values are indented as JSON.stringify does it', () => {
  const values = [
    { a: {}, b: [], c: [{}, [[]]], d: { e: { f: [1, -2.5, true, false, null] } } },
    { 'a "quoted" name: {': 'a \\ backslash, ] a brace } and \n a line', '\\': '"\\"', ü: '\u2028😀' },
    [[1, 2], ['', ' ', '\t']],
    'a text',
    -1.5,
    null,
    [],
  ];
  for (const value of values) {
    const expected = JSON.stringify(value, null, 2);
    assert.equal(indented(JSON.stringify(value), ALL), expected);
    assert.equal(indented(` ${JSON.stringify(value, null, '\r\n\t ')}\n`, ALL), expected);
  }
});

test('escapes stay as they were sent', () => {
  assert.equal(indented(String.raw`["\u0041\/","\\","\""]`, ALL), String.raw`[
  "\u0041\/",
  "\\",
  "\""
]`);
});

test('a text that is no JSON is not changed', () => {
  for (const text of ['', '{', '{"a":1}}', '[1,]', "{'a':1}", '{"a":01}', '"\n"', 'undefined', '\u00a0[]']) {
    assert.equal(indented(text, ALL), null, text);
  }
});

test('deep nesting does not become mostly spaces', () => {
  const depth = 5_000;
  const text = '['.repeat(depth) + ']'.repeat(depth);

  const lines = indented(text, ALL).split('\n');

  assert.equal(lines.length, 2 * depth - 1);
  assert.deepEqual([lines[1], lines.at(-2)], ['  [', '  ]']);
  assert.ok(lines.every((line) => line.length <= 66));
});

test('a long text ends soon after the part that is shown', () => {
  const text = JSON.stringify(Array.from({ length: 100_000 }, (_, i) => ({ i, name: 'a name' })));
  const shown = indented(text, 65_536);

  assert.ok(shown.length > 65_536 && shown.length < 65_700, `${shown.length} characters`);
  assert.ok(JSON.stringify(JSON.parse(text), null, 2).startsWith(shown));
});
