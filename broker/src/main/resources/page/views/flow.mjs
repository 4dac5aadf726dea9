// View Flow: who sends how much to whom.

import { el, svg, update } from '../dom.mjs';
import { cut, cutMiddle, plural, rate, shortName } from '../format.mjs';
import { layOut, MORE } from '../flowlayout.mjs';
import { heading, table, toAgent, toBroker, toTarget } from '../parts.mjs';
import { requestsLink, targetLink } from '../route.mjs';
import { agentLook, brokerLook, compare } from '../words.mjs';

const HEADS = ['Client agents', 'Brokers', 'Upstream agents'];
const PIXELS_PER_CHAR = 7.2;
const PIXELS_PER_SMALL_CHAR = 6.3;

/** Boxes narrower than this have no room for their targets. */
const NARROW = 140;

/** Opens the view in `main`. Returns `update` and `close`. */
export function openFlow(main, { store }) {
  const picture = el('div', { class: 'card flow' });
  const list = el('details', { class: 'more-rows', ontoggle: () => store.relay && showTable() });
  const showTable = () => update(list, ...flowTable(store.relay, list.open));
  main.append(
    el(
      'div',
      { class: 'head' },
      heading('Who sends to whom'),
      el(
        'p',
        { class: 'lead' },
        'Requests per second of the last 10 seconds. The busiest line is the widest, and the others are in proportion.',
      ),
    ),
    picture,
    list,
  );
  const draw = () => {
    if (store.relay && picture.clientWidth > 0) {
      update(picture, drawing(store.relay, picture.clientWidth - 2 * padding(picture)));
    }
  };
  const resized = new ResizeObserver(draw);
  resized.observe(picture);
  return {
    title: () => 'Flow',
    needs: ['relay'],
    update: () => {
      draw();
      showTable();
    },
    close: () => resized.disconnect(),
  };
}

function padding(node) {
  return parseFloat(getComputedStyle(node).paddingLeft) || 0;
}

function drawing(relay, width) {
  const flow = layOut(relay, Math.round(width));
  const unwell = new Set(
    relay.targets.filter((target) => target.state === 'failing' || target.state === 'no_agent').map((target) => target.name),
  );
  return svg(
    'svg',
    {
      key: 'flow',
      viewBox: `0 0 ${flow.width} ${flow.height}`,
      width: flow.width,
      height: flow.height,
      role: 'group',
      'aria-label':
        'Client agents, brokers and upstream agents with the requests between them; the table below has the same content',
    },
    HEADS.map((text, i) =>
      svg('text', { class: 'colhead', x: headX(flow, i), y: 16, 'text-anchor': ['start', 'middle', 'end'][i] }, text),
    ),
    svg(
      'g',
      { 'aria-hidden': 'true' },
      flow.lines.map((line) => lineOf(line, unwell)),
    ),
    flow.columns.flat().map(boxOf),
  );
}

function headX(flow, i) {
  return [0, flow.width / 2, flow.width][i];
}

function lineOf(line, unwell) {
  const bad = line.targets.some((target) => unwell.has(target));
  return svg(
    'path',
    { key: line.key, class: bad ? 'line bad' : 'line', d: line.path, 'stroke-width': line.width.toFixed(1) },
    svg(
      'title',
      null,
      `${nameOf(line.from)} to ${nameOf(line.to)}: ${rate(line.rate)} requests/s${line.targets.length > 0 ? ` for ${line.targets.join(', ')}` : ''}`,
    ),
  );
}

function nameOf(box) {
  return box.id === MORE ? `${box.members.size} more` : shortName(box.id);
}

function boxOf(box) {
  const tone = box.state
    ? box.kind === 'broker'
      ? brokerLook(box.state)
      : agentLook(box.state)
    : { tone: 'rest', word: '' };
  const room = Math.floor((box.width - 18) / (box.width < NARROW ? PIXELS_PER_SMALL_CHAR : PIXELS_PER_CHAR));
  const below = belowOf(box, tone);
  return svg(
    'a',
    { key: `${box.kind} ${box.id}`, class: `box ${box.rate > 0 ? '' : 'idle'}`, href: hrefOf(box) },
    svg(
      'rect',
      { x: box.x, y: box.y, width: box.width, height: box.height, rx: 7 },
      svg('title', null, box.id === MORE ? `${box.members.size} more, ${below}` : `${box.id}, ${below}`),
    ),
    svg('rect', { class: `edge ${tone.tone}`, x: box.x, y: box.y + 8, width: 3, height: box.height - 16, rx: 1.5 }),
    svg('text', { class: 'name', x: box.x + 12, y: box.y + 17 }, cutMiddle(nameOf(box), room)),
    ' ',
    svg('text', { class: 'below', x: box.x + 12, y: box.y + 32 }, cut(below, room + 2)),
  );
}

function belowOf(box, look) {
  const word = look.tone !== 'ok' ? look.word : '';
  if (box.width < NARROW) {
    return word ? `${word} · ${rate(box.rate)}` : `${rate(box.rate)}/s`;
  }
  const parts = [`${rate(box.rate)}/s`];
  if (word) {
    parts.push(word);
  }
  if (box.targets.length === 1) {
    parts.push(box.targets[0]);
  } else if (box.targets.length > 1) {
    parts.push(plural(box.targets.length, 'target'));
  }
  return parts.join(' · ');
}

function hrefOf(box) {
  if (box.id === MORE || box.kind === 'broker') {
    return '#/now';
  }
  return box.kind === 'agent' && box.targets.length === 1 ? targetLink(box.targets[0]) : requestsLink({ text: box.id });
}

/** Returns the flows in the order of their names and ids, since that of the rates changes each second. */
function byEnds(flows) {
  return [...flows].sort(
    (a, b) =>
      compare(shortName(a.from), shortName(b.from)) ||
      compare(shortName(a.to), shortName(b.to)) ||
      compare(a.from, b.from) ||
      compare(a.to, b.to) ||
      compare(a.target, b.target),
  );
}

/**
 * Returns the table as the children of a <details>. It is built only while that is open: it may have 500 rows. A flow without a
 * target leads to a broker, every other one comes from a broker.
 */
export function flowTable(relay, isOpen) {
  const summary = el('summary', null, el('h2', null, 'As a table', el('span', { class: 'count' }, relay.flows.length)));
  if (!isOpen) {
    return [summary];
  }
  const rows = byEnds(relay.flows).map((flow) =>
    el(
      'tr',
      { key: `${flow.from} ${flow.to} ${flow.target}` },
      el('td', null, flow.target ? toBroker(flow.from) : toAgent(flow.from)),
      el('td', null, flow.target ? toAgent(flow.to) : toBroker(flow.to)),
      el('td', null, flow.target ? toTarget(flow.target) : el('span', { class: 'muted' }, 'all')),
      el('td', { class: 'num' }, rate(flow.rate)),
    ),
  );
  const columns = [{ name: 'From' }, { name: 'To' }, { name: 'Target' }, { name: 'Req/s', kind: 'num' }];
  return [
    summary,
    table('Requests per second between processes', columns, rows, 'No request in the last 10 seconds.'),
    relay.truncated.flows > 0 &&
      el('p', { class: 'hint' }, `${plural(relay.truncated.flows, 'more line is', 'more lines are')} not shown.`),
  ];
}
