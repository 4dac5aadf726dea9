// View Now: the state of all targets, brokers and agents.

import { Charts } from '../charts.mjs';
import { getJson } from '../connection.mjs';
import { el, update } from '../dom.mjs';
import { ago, count, duration, plural, rate, shortName } from '../format.mjs';
import { agentTable, badge, fact, heading, mark, table, toAgent, toTarget, whyRow } from '../parts.mjs';
import { requestsLink } from '../route.mjs';
import {
  agentCounts,
  brokerLook,
  byId,
  byNeed,
  failureCodes,
  headline,
  mixedReleases,
  noAgents,
  releases,
  steadyReason,
  targetLook,
} from '../words.mjs';

const HISTORY_INTERVAL = 5_000;

const TARGET_COLUMNS = [
  { name: 'Target' },
  { name: 'State' },
  { name: 'Agents', kind: 'wide-only' },
  { name: 'Req/s', kind: 'num' },
  { name: 'p50', kind: 'num wide-only', title: 'Half of the requests were faster. Last 10 seconds.' },
  { name: 'p99', kind: 'num wide-only', title: '99 of 100 requests were faster. Last 10 seconds.' },
  { name: 'In flight', kind: 'num wide-only' },
  { name: 'Waiting', kind: 'num wide-only' },
  { name: 'Failed', kind: 'num', title: 'Requests that ended with an error of the relay in the last 15 minutes' },
];

/** Opens the view in `main`. Returns `update` and `close`. */
export function openNow(main, { store }) {
  const top = el('div', { class: 'head' });
  const charts = new Charts();
  const rest = el('div', { class: 'stack' });
  main.append(top, charts.node, rest);
  const history = keepHistory(charts, '/api/history', store);
  history.begin();
  return {
    title: () => 'Now',
    needs: ['relay'],
    update: () => {
      const relay = store.relay;
      update(top, ...head(relay));
      update(rest, targets(relay, store.steady), brokers(relay), upstreamAgents(relay), clientAgents(relay), versions(relay));
    },
    close: history.close,
  };
}

/**
 * Loads a history every 5 s while the stream is live. Call `begin` with each update, and `close` at the end.
 *
 * @param isKnown returns whether the broker has this history
 */
export function keepHistory(charts, path, store, isKnown = () => true) {
  let timer = 0;
  const load = async () => {
    if (store.connection.state === 'lost' || store.connection.state === 'asleep' || !isKnown()) {
      return;
    }
    const history = await getJson(path).catch(() => null); // The stream notices a lost broker.
    if (history) {
      await charts.show(history); // A failure asks the reader to load the page again.
    }
  };
  return {
    begin: () => {
      if (timer === 0 && isKnown()) {
        timer = setInterval(load, HISTORY_INTERVAL);
        load();
      }
    },
    close: () => {
      clearInterval(timer);
      charts.destroy();
    },
  };
}

function head(relay) {
  const { tone, text } = headline(relay);
  const shape = { ok: 'circle', warn: 'diamond', bad: 'triangle', rest: 'ring' }[tone];
  return [heading(el('span', { class: `headmark ${tone}` }, mark(shape, tone)), text), notices(relay)];
}

function notices(relay) {
  const all = [...relay.notices, ...mixedReleases(relay)];
  return (
    all.length > 0 &&
    el(
      'ul',
      { class: 'notices' },
      all.map((text) => el('li', { key: text }, mark('diamond', 'warn'), el('span', null, text))),
    )
  );
}

function section(title, count, ...children) {
  return el(
    'section',
    { key: title },
    el('h2', null, title, count !== '' && el('span', { class: 'count' }, count)),
    ...children,
  );
}

function more(n, noun) {
  return n > 0 && el('p', { class: 'hint' }, `${plural(n, `more ${noun} is`, `more ${noun}s are`)} not shown.`);
}

function targets(relay, steady) {
  const rows = byNeed(relay.targets, steady).flatMap((target) => {
    const look = targetLook(target);
    const reason = steadyReason(target, steady);
    const row = el(
      'tr',
      { key: target.name, class: reason ? 'has-why' : '', 'data-target': target.name },
      el('th', { scope: 'row', class: 'name-cell' }, toTarget(target.name)),
      el('td', null, badge(look)),
      el('td', { class: 'wide-only' }, agentSummary(target)),
      el('td', { class: 'num' }, rate(target.rate)),
      el('td', { class: 'num wide-only' }, duration(target.p50_ms ?? NaN)),
      el('td', { class: 'num wide-only' }, duration(target.p99_ms ?? NaN)),
      el('td', { class: 'num wide-only' }, count(target.in_flight)),
      el('td', { class: 'num wide-only' }, count(target.waiting)),
      el('td', { class: 'num' }, failures(target)),
    );
    return reason ? [row, whyRow(`${target.name} why`, TARGET_COLUMNS.length, reason, look.tone)] : [row];
  });
  return section(
    'Targets',
    count(relay.targets.length),
    table('Targets, with those that are not well first', TARGET_COLUMNS, rows, 'No target yet: start an upstream agent.'),
    more(relay.truncated.targets, 'target'),
  );
}

function agentSummary(target) {
  const counts = agentCounts(target);
  return counts.length === 0
    ? el('span', { class: 'muted' }, 'none')
    : counts.map(([word, n]) => el('span', { class: 'tally' }, el('b', null, n), ` ${word}`));
}

/** Returns the failures of the last 15 minutes, with their codes as links to the requests. */
function failures(target) {
  const codes = failureCodes(target);
  if (codes.length === 0) {
    return el('span', { class: 'muted' }, '0');
  }
  const sum = codes.reduce((n, [, each]) => n + each, 0);
  return el(
    'span',
    { class: 'codes' },
    el('a', { class: 'code narrow-only', href: requestsLink({ target: target.name, list: 'notable' }) }, count(sum)),
    codes
      .slice(0, 2)
      .map(([code, n]) =>
        el(
          'a',
          { class: 'code wide-only', href: requestsLink({ target: target.name, outcome: code, list: 'notable' }) },
          el('b', null, count(n)),
          ` ${code}`,
        ),
      ),
    codes.length > 2 && el('span', { class: 'muted wide-only' }, `${codes.length - 2} more`),
  );
}

const BROKER_COLUMNS = [
  { name: 'Broker' },
  { name: 'State' },
  { name: 'Req/s', kind: 'num' },
  { name: 'Waiting', kind: 'num' },
  { name: 'Running', kind: 'num wide-only' },
  { name: 'Heard', kind: 'num wide-only' },
  { name: 'Release', kind: 'wide-only' },
];

function brokers(relay) {
  const rows = relay.brokers.flatMap((broker) => {
    const look = brokerLook(broker);
    const row = el(
      'tr',
      { key: broker.id, class: broker.reason ? 'has-why' : '', 'data-broker': broker.id },
      el(
        'th',
        { scope: 'row', class: 'name-cell' },
        el('span', { title: broker.id }, broker.name),
        broker.this && el('span', { class: 'tag' }, 'this page'),
      ),
      el('td', null, badge(look)),
      el('td', { class: 'num' }, rate(broker.rate)),
      el('td', { class: 'num' }, count(broker.waiting)),
      el('td', { class: 'num wide-only' }, count(broker.dispatched + broker.running)),
      el('td', { class: 'num wide-only' }, ago(broker.heard_ms)),
      el('td', { class: 'wide-only' }, broker.version),
    );
    return broker.reason ? [row, whyRow(`${broker.id} why`, BROKER_COLUMNS.length, broker.reason, look.tone)] : [row];
  });
  return section('Brokers', count(relay.brokers.length), table('Brokers', BROKER_COLUMNS, rows, 'No broker.'));
}

function upstreamAgents(relay) {
  return section(
    'Upstream agents',
    count(relay.upstream_agents.length),
    agentTable('Upstream agents', relay.upstream_agents, noAgents(relay, 'No upstream agent is connected.')),
    relay.upstream_agents.length > 0 && more(relay.truncated.upstream_agents, 'upstream agent'),
  );
}

const CLIENT_COLUMNS = [
  { name: 'Client agent' },
  { name: 'User', kind: 'wide-only' },
  { name: 'Req/s', kind: 'num' },
  { name: 'Requests', kind: 'num wide-only' },
  { name: 'Last request', kind: 'num' },
];

function clientAgents(relay) {
  const rows = byId(relay.client_agents).map((agent) =>
    el(
      'tr',
      { key: agent.id },
      el('th', { scope: 'row', class: 'name-cell' }, toAgent(agent.id)),
      el('td', { class: 'wide-only' }, agent.user),
      el('td', { class: 'num' }, rate(agent.rate ?? 0)),
      el('td', { class: 'num wide-only' }, count(agent.requests)),
      el('td', { class: 'num' }, ago(agent.last_request_ms)),
    ),
  );
  return section(
    'Client agents',
    count(relay.client_agents.length),
    table('Client agents', CLIENT_COLUMNS, rows, 'No client agent has sent a request yet.'),
    more(relay.truncated.client_agents, 'client agent'),
  );
}

function versions(relay) {
  const all = releases(relay);
  const names = (ids) =>
    ids.length <= 4
      ? ids.map(shortName).join(', ')
      : `${ids.slice(0, 3).map(shortName).join(', ')} and ${ids.length - 3} more`;
  const processes = (ids, kind) =>
    el('span', null, plural(ids.length, kind), ids.length > 0 && el('span', { class: 'muted' }, ` ${names(ids)}`));
  return section(
    'Releases',
    '',
    el(
      'dl',
      { class: 'facts card releases' },
      all.map((each) =>
        fact(
          each.version,
          processes(each.clients, 'client agent'),
          processes(each.brokers, 'broker'),
          processes(each.agents, 'upstream agent'),
        ),
      ),
    ),
  );
}
