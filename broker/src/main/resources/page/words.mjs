// Words, shapes and tones of states, and sentences about the whole relay. Pure.

import { plural, shortName } from './format.mjs';

const OK = ['ok', 'circle'];
const WARN = ['warn', 'diamond'];
const BAD = ['bad', 'triangle'];
const OUT = ['bad', 'cross'];
const REST = ['rest', 'ring'];

const TARGETS = { ok: ['well', OK], full: ['full', WARN], failing: ['failing', BAD], no_agent: ['no agent', OUT] };

const BROKERS = {
  ok: ['well', OK],
  full: ['full', WARN],
  starting: ['starting', REST],
  draining: ['draining', REST],
  down: ['down', BAD],
  silent: ['silent', OUT],
};

const AGENTS = { ready: ['ready', OK], full: ['full', WARN], draining: ['draining', REST], gone: ['gone', REST] };

const STANDINGS = { failing: ['failing', BAD], suspect: ['suspect', WARN], returned: ['no inbox', OUT] };

function look(table, state) {
  const [word, [tone, shape]] = Object.hasOwn(table, state) ? table[state] : [String(state).replaceAll('_', ' '), WARN];
  return { word, tone, shape };
}

/** Returns word, tone and shape of a target's state. */
export function targetLook(target) {
  return look(TARGETS, target.state);
}

/** Returns word, tone and shape of a broker's state. */
export function brokerLook(broker) {
  return look(BROKERS, broker.state);
}

/** Returns word, tone and shape of an upstream agent. A bad experience with it counts more than the state that it gives. */
export function agentLook(agent) {
  return Object.hasOwn(STANDINGS, agent.standing) && agent.state !== 'gone' ? look(STANDINGS, agent.standing) : look(AGENTS, agent.state);
}

/** Returns the tone of a response's status. */
export function statusTone(status, outcome) {
  if (outcome !== 'answered') {
    return outcome === '' ? 'rest' : outcome === 'cancelled' ? 'warn' : 'bad';
  }
  return status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'ok';
}

/** Returns a request's result in words: `200`, `503 no_upstream_agent`, `cancelled`. */
export function outcomeWords(request) {
  if (request.outcome === '' || request.outcome === undefined) {
    return 'in flight';
  }
  if (request.outcome === 'answered') {
    return String(request.status);
  }
  return request.status > 0 ? `${request.status} ${request.outcome}` : request.outcome;
}

const ORDER = ['no_agent', 'failing', 'full', 'ok'];

/** Returns the targets with those that are not well first; otherwise busiest first, then by name. */
export function byNeed(targets) {
  const rank = (target) => {
    const at = ORDER.indexOf(target.state);
    return at < 0 ? 0 : at;
  };
  return [...targets].sort(
    (a, b) => rank(a) - rank(b) || b.rate - a.rate || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** Returns the state of the relay as one sentence, with its tone. */
export function headline(relay) {
  const targets = relay.targets.filter((target) => target.served || target.state !== 'no_agent');
  const unwell = byNeed(targets.filter((target) => target.state !== 'ok'));
  const brokers = relay.brokers.filter((broker) => broker.state !== 'ok');
  const tone = worst([...unwell.map((target) => targetLook(target).tone), ...brokers.map((each) => brokerLook(each).tone)]);
  const parts = [targets.length === 0 ? 'No upstream agent has connected yet' : aboutTargets(targets, unwell)];
  if (brokers.length > 0) {
    parts.push(`${brokers.map((each) => `${each.name} is ${brokerLook(each).word}`).join(', ')}`);
  }
  return { tone: targets.length === 0 && tone === 'ok' ? 'rest' : tone, text: parts.join('; ') };
}

function aboutTargets(targets, unwell) {
  const all = targets.length;
  if (unwell.length === 0) {
    return all === 1 ? 'The target is well' : `All ${all} targets are well`;
  }
  return unwell.length === 1
    ? `${unwell[0].name} ${phrase(unwell[0])}${all > 1 ? `; ${plural(all - 1, 'target is', 'targets are')} well` : ''}`
    : `${unwell.length} of ${all} targets are not well`;
}

function phrase(target) {
  return target.state === 'no_agent' ? 'has no agent' : `is ${targetLook(target).word}`;
}

function worst(tones) {
  return ['bad', 'warn', 'rest'].find((tone) => tones.includes(tone)) ?? 'ok';
}

/** A client agent that has sent no request for so long may have stopped. */
const RECENT_MS = 15 * 60 * 1000;

/**
 * Returns for each release its brokers, upstream agents and recently used client agents, the release with the most processes
 * first.
 */
export function releases(relay) {
  const found = new Map();
  const add = (version, kind, id) => {
    const name = version || 'unknown';
    const entry = found.get(name) ?? { version: name, brokers: new Set(), agents: new Set(), clients: new Set() };
    entry[kind].add(id);
    found.set(name, entry);
  };
  relay.brokers.forEach((broker) => add(broker.version, 'brokers', broker.id));
  relay.upstream_agents.filter((agent) => agent.state !== 'gone').forEach((agent) => add(agent.version, 'agents', agent.id));
  relay.client_agents
    .filter((agent) => agent.last_request_ms <= RECENT_MS)
    .forEach((agent) => add(agent.version, 'clients', agent.id));
  const size = (each) => each.brokers.length + each.agents.length + each.clients.length;
  return [...found.values()]
    .map((each) => ({
      version: each.version,
      brokers: [...each.brokers],
      agents: [...each.agents],
      clients: [...each.clients],
    }))
    .sort((a, b) => size(b) - size(a));
}

/** Returns a sentence if brokers and upstream agents of several releases run, in a list. Tenants name their own releases. */
export function mixedReleases(relay) {
  const names = releases({ ...relay, client_agents: [] }).map((each) => each.version);
  return names.length > 1 ? [`Releases ${names.slice(0, -1).join(', ')} and ${names.at(-1)} run at the same time.`] : [];
}

/** Returns the counts of a target's agents that are not zero, as pairs of word and number. */
export function agentCounts(target) {
  return ['ready', 'full', 'draining', 'suspect', 'failing']
    .filter((name) => target[name] > 0)
    .map((name) => [name, target[name]]);
}

/** Returns sentences for a screen reader about the targets and brokers whose state has changed. */
export function changes(before, after) {
  const sentences = [];
  const states = new Map(before.targets.map((target) => [target.name, target.state]));
  for (const target of after.targets) {
    if (states.has(target.name) && states.get(target.name) !== target.state) {
      const reason = target.reason ? `: ${target.reason}` : '';
      sentences.push(
        `Target ${target.name} ${target.state === 'no_agent' ? 'has no agent' : `is ${targetLook(target).word}`}${reason}`,
      );
    }
  }
  const brokers = new Map(before.brokers.map((broker) => [broker.id, broker.state]));
  for (const broker of after.brokers) {
    if (brokers.has(broker.id) && brokers.get(broker.id) !== broker.state) {
      sentences.push(`Broker ${shortName(broker.id)} is ${brokerLook(broker).word}`);
    }
  }
  return sentences;
}
