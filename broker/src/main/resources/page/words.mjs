// Words, shapes and tones of states, and sentences about the whole relay. Pure.

import { plural, shortName } from './format.mjs';

const OK = ['ok', 'circle'];
const WARN = ['warn', 'diamond'];
const BAD = ['bad', 'triangle'];
const OUT = ['bad', 'cross'];
const REST = ['rest', 'ring'];

const TARGETS = {
  ok: ['well', OK],
  full: ['full', WARN],
  failing: ['failing', BAD],
  no_agent: ['no agent', OUT],
  unknown: ['unknown', REST],
};

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

/** Returns the sentence for an empty list of upstream agents. A broker whose loop hangs lists none, and gives their number. */
export function noAgents(relay, none) {
  return relay.truncated.upstream_agents > 0 ? 'This broker cannot show the upstream agents now.' : none;
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

/** Compares two texts for a sort. */
export function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Returns processes in the order of their ids, which never changes. */
export function byId(processes) {
  return [...processes].sort((a, b) => compare(a.id, b.id));
}

/**
 * Returns the targets with those that are not well first, otherwise by name. Rates have no influence: rows would move each
 * second.
 *
 * @param steady what {@link steadyStates} returned for the targets
 */
export function byNeed(targets, steady = new Map()) {
  const rank = (target) => {
    const at = ORDER.indexOf(steady.get(target.name)?.state ?? target.state);
    return at < 0 ? 0 : at;
  };
  return [...targets].sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
}

/** Time for which a target must be full, or no longer full, until that counts: near its capacity it changes each second. */
const LASTING = 10_000;

/**
 * Returns the steady states of targets, by their names. A change between `ok` and `full` counts once it has lasted 10 s, every
 * other change at once. An entry has the `state` that counts, and `since` when the target is in another state, or null.
 *
 * @param before what the last call returned; at first an empty map
 * @param now in milliseconds
 */
export function steadyStates(before, targets, now) {
  return new Map(targets.map(({ name, state }) => [name, steady(before.get(name), state, now)]));
}

function steady(before, state, now) {
  const hasSlots = (each) => each === 'ok' || each === 'full';
  if (!before || before.state === state || !hasSlots(before.state) || !hasSlots(state)) {
    return { state, since: null };
  }
  const since = Math.min(before.since ?? now, now); // the broker's clock may be set back
  return now - since >= LASTING ? { state, since: null } : { state: before.state, since };
}

/** Returns the sentence below a target, or an empty text. It comes and goes with the steady state, since it moves rows. */
export function steadyReason(target, steady) {
  const state = steady.get(target.name)?.state ?? target.state;
  if (state === target.state) {
    return target.reason;
  }
  return state === 'full' ? 'A slot is free again.' : '';
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
  if (unwell.every((target) => target.state === 'unknown')) {
    return `The state of ${unwell.length === 1 ? unwell[0].name : `${unwell.length} of ${all} targets`} is unknown`;
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

/** Returns the failures of a target as pairs of code and number, the most frequent first, then by code. */
export function failureCodes(target) {
  return Object.entries(target.failures ?? {}).sort(([a, m], [b, n]) => n - m || compare(a, b));
}

/** Returns the counts of a target's agents that are not zero, as pairs of word and number. */
export function agentCounts(target) {
  return ['ready', 'full', 'draining', 'suspect', 'failing']
    .filter((name) => target[name] > 0)
    .map((name) => [name, target[name]]);
}

/**
 * Returns sentences for a screen reader about the targets whose steady state has changed, and the brokers whose state has.
 *
 * @param before state of the relay, `relay`, with the {@link steadyStates} of its targets, `steady`; so is `after`
 */
export function changes(before, after) {
  const sentences = [];
  for (const target of after.relay.targets) {
    const old = before.steady.get(target.name)?.state;
    if (old !== undefined && old !== after.steady.get(target.name).state) {
      const reason = target.reason ? `: ${target.reason}` : '';
      sentences.push(`Target ${target.name} ${phrase(target)}${reason}`);
    }
  }
  const brokers = new Map(before.relay.brokers.map((broker) => [broker.id, broker.state]));
  for (const broker of after.relay.brokers) {
    if (brokers.has(broker.id) && brokers.get(broker.id) !== broker.state) {
      sentences.push(`Broker ${shortName(broker.id)} is ${brokerLook(broker).word}`);
    }
  }
  return sentences;
}
