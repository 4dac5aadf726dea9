import assert from 'node:assert/strict';
import test from 'node:test';
import { page } from './page.mjs';

const { ago, bytes, clock, count, cut, cutMiddle, dayOf, duration, exactMs, moment, plural, rate, shortName, span } =
  await page('format.mjs');

test('durations have about three digits', () => {
  assert.equal(duration(2.14), '2.1 ms');
  assert.equal(duration(99.97), '100 ms');
  assert.equal(duration(999.6), '1.0 s');
  assert.equal(duration(20012.4), '20.0 s');
  assert.equal(duration(59_949), '59.9 s');
  assert.equal(duration(185_000), '3 min 5 s');
  assert.equal(exactMs(20012.4), '20,012.4 ms');
});

test('thousands are separated', () => {
  assert.equal(count(0), '0');
  assert.equal(count(999.4), '999');
  assert.equal(count(999.5), '1,000');
  assert.equal(count(1234567), '1,234,567');
  assert.equal(count(-1234), '-1,234');
  assert.equal(exactMs(1234567.25), '1,234,567.3 ms');
});

test('absent values are a dash', () => {
  for (const format of [count, rate, duration, exactMs, ago, bytes]) {
    assert.equal(format(NaN), '–');
    assert.equal(format(undefined), '–');
  }
  assert.equal(clock(''), '–');
  assert.equal(clock(undefined), '–');
});

test('a small rate is not shown as zero', () => {
  assert.equal(rate(0), '0');
  assert.equal(rate(0.04), '<0.1');
  assert.equal(rate(12.44), '12.4');
  assert.equal(rate(1234.5), '1,235');
});

test('spans have their two largest units', () => {
  assert.equal(span(0), '0 s');
  assert.equal(span(8_040_000), '2 h 14 min');
  assert.equal(span(86_400_000), '1 d');
  assert.equal(ago(1_000), 'now');
  assert.equal(ago(8_040_000), '2 h');
});

test('a process has its given name', () => {
  assert.equal(shortName('plant.plant-1-x2m4cd'), 'plant-1');
  assert.equal(shortName('acme.eu.plant-x2m4cd'), 'eu.plant');
  assert.equal(shortName('odd'), 'odd');
});

test('sizes, plurals, times and cuts', () => {
  assert.equal(bytes(1), '1 byte');
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(bytes(3 * 1024 * 1024), '3.0 MiB');
  assert.equal(plural(1, 'agent'), '1 agent');
  assert.equal(plural(1200, 'agent'), '1,200 agents');
  assert.equal(clock('2026-11-29T18:05:09.870Z'), '18:05:09');
  assert.equal(cut('plant-12', 6), 'plant…');
  assert.equal(cut('😀😀😀', 2), '😀…');
  assert.equal(cutMiddle('upstream-agent-4', 11), 'upstr…ent-4');
  assert.equal(cutMiddle('upstream-4', 10), 'upstream-4');
  assert.equal(cutMiddle('😀b😀', 2), '😀…😀');
});

test('a time has its date if it is not today, in UTC', () => {
  const now = Date.parse('2026-11-30T00:00:05Z');
  assert.equal(dayOf(now), '2026-11-30');
  assert.equal(moment('2026-11-30T00:00:01.123Z', now), '00:00:01');
  assert.equal(moment('2026-11-29T14:02:11.870Z', now), '29 Nov 14:02:11');
  assert.equal(moment('2025-09-01T14:02:11Z', now), '1 Sep 14:02:11');
  assert.equal(moment('2026-12-01T00:00:00Z', now), '1 Dec 00:00:00');
  for (const absent of ['', undefined, null]) {
    assert.equal(moment(absent, now), '–');
  }
});
