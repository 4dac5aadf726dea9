// Positions of the processes and lines of the view Flow. Pure.

import { compare } from './words.mjs';

const MOST_IN_COLUMN = 12;
const ROW = 52;
const BOX = 40;
const TOP = 34;
const THINNEST = 1.5;
const THICKEST = 16;

/** Id of the group of the processes that have no box of their own. */
export const MORE = '…more';

/**
 * Returns the width of a line for a rate: in proportion, but never so thin that it cannot be seen.
 *
 * @param widest width for the highest rate
 */
export function lineWidth(rate, highest, widest = THICKEST) {
  return rate > 0 ? Math.max(THINNEST, (widest * rate) / highest) : THINNEST;
}

/**
 * Lays out the relay.
 *
 * @param width of the drawing in pixels
 * @return `width`, `height`, `columns` of three lists of boxes, and `lines`
 */
export function layOut(relay, width) {
  const columns = [clients(relay), brokers(relay), agents(relay)].map(bounded);
  const box = Math.round(Math.min(230, width * 0.27));
  const lefts = [0, Math.round((width - box) / 2), width - box];
  const rows = Math.max(1, ...columns.map((column) => column.length));
  const height = TOP + rows * ROW;
  columns.forEach((column, i) => {
    const first = TOP + ((rows - column.length) * ROW) / 2;
    column.forEach((each, row) =>
      Object.assign(each, { x: lefts[i], y: first + row * ROW + (ROW - BOX) / 2, width: box, height: BOX }),
    );
  });
  return { width, height, columns, lines: lines(relay, columns, Math.min(THICKEST, (lefts[1] - box) / 6)) };
}

function clients(relay) {
  return relay.client_agents.map((each) => ({ kind: 'client', id: each.id, rate: each.rate, targets: [] }));
}

function brokers(relay) {
  return relay.brokers.map((each) => ({ kind: 'broker', id: each.id, rate: each.rate, state: each, targets: [] }));
}

/** Returns one entry for each upstream agent; its targets are together in it. */
function agents(relay) {
  const found = new Map();
  for (const each of relay.upstream_agents.filter((agent) => agent.state !== 'gone')) {
    const entry = found.get(each.id) ?? { kind: 'agent', id: each.id, rate: 0, state: each, targets: [] };
    entry.rate += each.rate ?? 0;
    entry.targets.push(each.target);
    if (each.standing !== 'good') {
      entry.state = each;
    }
    found.set(each.id, entry);
  }
  return [...found.values()];
}

/** Keeps the busiest boxes, ordered by target and id so that they keep their places, and groups the others. */
function bounded(all) {
  const order = (a, b) => compare(a.targets[0] ?? '', b.targets[0] ?? '') || compare(a.id, b.id);
  if (all.length <= MOST_IN_COLUMN) {
    return [...all].sort(order);
  }
  const busiest = [...all].sort((a, b) => b.rate - a.rate || compare(a.id, b.id));
  const rest = busiest.slice(MOST_IN_COLUMN - 1);
  const group = {
    kind: all[0].kind,
    id: MORE,
    members: new Set(rest.map((each) => each.id)),
    rate: rest.reduce((sum, each) => sum + each.rate, 0),
    targets: [],
  };
  return [...busiest.slice(0, MOST_IN_COLUMN - 1).sort(order), group];
}

function lines(relay, columns, widest) {
  const boxOf = (column, id) => column.find((box) => box.id === id || box.members?.has(id));
  const found = new Map();
  for (const flow of relay.flows) {
    const first = boxOf(columns[0], flow.from);
    const from = first ?? boxOf(columns[1], flow.from);
    const to = first ? boxOf(columns[1], flow.to) : boxOf(columns[2], flow.to);
    if (from && to) {
      const key = `${from.kind} ${from.id} ${to.id}`;
      const line = found.get(key) ?? { key, from, to, rate: 0, targets: new Set() };
      line.rate += flow.rate;
      if (flow.target) {
        line.targets.add(flow.target);
      }
      found.set(key, line);
    }
  }
  const all = [...found.values()];
  const highest = Math.max(0, ...all.map((line) => line.rate));
  return all.map((line) => ({
    ...line,
    targets: [...line.targets].sort(),
    width: lineWidth(line.rate, highest, widest),
    path: curve(line.from, line.to),
  }));
}

function curve(from, to) {
  const x1 = from.x + from.width;
  const y1 = from.y + from.height / 2;
  const x2 = to.x;
  const y2 = to.y + to.height / 2;
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
