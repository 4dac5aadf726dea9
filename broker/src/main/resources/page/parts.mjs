// Parts that several views use.

import { copy, el, svg } from './dom.mjs';
import { ago, count, NONE, rate, shortId, shortName } from './format.mjs';
import { requestLink, requestsLink, targetLink } from './route.mjs';
import { agentLook, outcomeWords, statusTone } from './words.mjs';

const SHAPES = {
  circle: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  diamond: 'M6 .8 11.2 6 6 11.2.8 6z',
  triangle: 'M6 1 11.5 10.8H.5z',
  cross: 'M2.6.9.9 2.6 4.3 6 .9 9.4 2.6 11.1 6 7.7 9.4 11.1 11.1 9.4 7.7 6 11.1 2.6 9.4.9 6 4.3z',
  ring: 'M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1zm0 2a3 3 0 1 1 0 6a3 3 0 1 1 0-6z',
};

/** Returns the shape of a state, which says the same as its colour. */
export function mark(shape, tone) {
  return svg(
    'svg',
    { class: `mark ${tone}`, viewBox: '0 0 12 12', width: '10', height: '10', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: SHAPES[shape] ?? SHAPES.ring, 'fill-rule': 'evenodd' }),
  );
}

/** Returns a state as shape and word. */
export function badge({ word, tone, shape }) {
  return el('span', { class: `badge ${tone}` }, mark(shape, tone), word);
}

/**
 * Returns the status of a request with its colour and, for an error of the relay, its code.
 *
 * @param isShort true if a phone has no room for the code
 */
export function statusBadge(request, isShort = false) {
  const words = outcomeWords(request);
  const space = words.indexOf(' ');
  const hasCode = /^\d+ /.test(words);
  return el(
    'span',
    { class: `status ${statusTone(request.status, request.outcome)}` },
    hasCode ? words.slice(0, space) : words,
    hasCode && el('span', { class: isShort ? 'wide-only' : '' }, words.slice(space)),
  );
}

/**
 * Returns a table in a frame that scrolls sideways.
 *
 * @param columns objects with `name` and an optional class `kind` (`num`, `wide-only`)
 * @param rows nodes
 */
export function table(caption, columns, rows, empty) {
  return el(
    'div',
    { class: 'frame', role: 'region', 'aria-label': caption, tabindex: '0' },
    el(
      'table',
      null,
      el('caption', { class: 'unseen' }, caption),
      el(
        'thead',
        null,
        el(
          'tr',
          null,
          columns.map((column) => el('th', { scope: 'col', class: column.kind ?? '', title: column.title }, column.name)),
        ),
      ),
      el(
        'tbody',
        null,
        rows.length > 0 ? rows : el('tr', { key: 'empty' }, el('td', { colspan: columns.length, class: 'empty' }, empty)),
      ),
    ),
  );
}

/** Returns a link to a target. */
export function toTarget(name) {
  return el('a', { href: targetLink(name) }, name);
}

/** Returns a link to the brokers, with the name of one. A line of the list of requests has no broker: a filter finds none. */
export function toBroker(id) {
  return el('a', { href: '#/now', title: id }, shortName(id));
}

/** Returns a link to the requests of an agent, with its name. */
export function toAgent(id) {
  return el('a', { href: requestsLink({ text: id }), title: id }, shortName(id));
}

/** Returns a link to a request. */
export function toRequest(id) {
  return el('a', { href: requestLink(id), class: 'mono' }, shortId(id));
}

const AGENT_COLUMNS = [
  { name: 'Agent' },
  { name: 'Target', kind: 'wide-only' },
  { name: 'State' },
  { name: 'Slots', kind: 'num', title: 'Slots in use' },
  { name: 'Req/s', kind: 'num' },
  { name: 'Heard', kind: 'num wide-only' },
  { name: 'Release', kind: 'wide-only' },
];

/** Returns a table of upstream agents. */
export function agentTable(caption, agents, empty) {
  return table(caption, AGENT_COLUMNS, agents.flatMap(agentRows), empty);
}

function agentRows(agent) {
  const look = agentLook(agent);
  const key = `${agent.id} ${agent.target}`;
  const row = el(
    'tr',
    { key, class: agent.reason ? 'has-why' : '' },
    el(
      'th',
      { scope: 'row', class: 'name-cell' },
      toAgent(agent.id),
      el('span', { class: 'user wide-only' }, agent.user),
      el('span', { class: 'sub narrow-only' }, toTarget(agent.target)),
    ),
    el('td', { class: 'wide-only' }, toTarget(agent.target)),
    el('td', null, badge(look)),
    el('td', { class: 'num' }, `${count(agent.in_flight)}/${count(agent.capacity)}`),
    el('td', { class: 'num' }, rate(agent.rate ?? 0)),
    el('td', { class: 'num wide-only' }, ago(agent.last_heard_ms)),
    el('td', { class: 'wide-only' }, agent.version || NONE),
  );
  return agent.reason ? [row, whyRow(`${key} why`, AGENT_COLUMNS.length, agent.reason, look.tone)] : [row];
}

/** Returns a row with the sentence that says why the row before it is not well. */
export function whyRow(key, columns, reason, tone) {
  return el(
    'tr',
    { key, class: `why ${tone}` },
    el('td', { colspan: columns }, el('span', { class: 'unseen' }, 'Why: '), reason),
  );
}

/** Returns a button that copies a text and says so. */
export function copyButton(label, text, announce) {
  const button = el('button', {
    type: 'button',
    class: 'small',
    onclick: async () => {
      const done = await copy(typeof text === 'function' ? text() : text);
      button.textContent = done ? 'Copied' : 'Not copied';
      announce(done ? 'Copied' : 'The browser does not allow copying');
      setTimeout(() => (button.textContent = label), 1_600);
    },
  });
  button.textContent = label;
  return button;
}

/** Returns a heading that takes the focus when its view opens. */
export function heading(...children) {
  return el('h1', { tabindex: '-1' }, ...children);
}

/** Returns a pair of a list of facts. */
export function fact(name, ...value) {
  return el('div', { class: 'fact' }, el('dt', null, name), el('dd', null, ...value));
}
