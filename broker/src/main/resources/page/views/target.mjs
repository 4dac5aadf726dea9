// View of one target.

import { Charts } from '../charts.mjs';
import { el, update } from '../dom.mjs';
import { count, duration, rate } from '../format.mjs';
import { agentTable, badge, fact, heading } from '../parts.mjs';
import { requestsLink } from '../route.mjs';
import { agentCounts, failureCodes, noAgents, targetLook } from '../words.mjs';
import { keepHistory } from './now.mjs';

/** Opens the view in `main`. Returns `update` and `close`. */
export function openTarget(main, { store, route }) {
  const name = route.name;
  const top = el('div', { class: 'head' });
  const charts = new Charts();
  const rest = el('div', { class: 'stack' });
  main.append(top, charts.node, rest);
  const find = () => store.relay?.targets.find((each) => each.name === name);
  const history = keepHistory(charts, `/api/history?target=${encodeURIComponent(name)}`, store, () => find() !== undefined);
  return {
    title: () => `Target ${name}`,
    needs: ['relay'],
    update: () => {
      const target = find();
      charts.node.hidden = !target;
      history.begin();
      update(top, ...head(name, target));
      update(rest, ...(target ? details(store.relay, target) : []));
    },
    close: history.close,
  };
}

function head(name, target) {
  return [
    el('p', { class: 'eyebrow' }, el('a', { href: '#/now' }, 'Now'), ' / Target'),
    heading(name, target && badge(targetLook(target))),
    el('p', { class: 'lead' }, target ? target.reason || 'An agent in good standing has a free slot.' : unknown()),
    el('p', { class: 'links' }, el('a', { href: requestsLink({ target: name }) }, 'Requests of this target')),
  ];
}

function unknown() {
  return 'The brokers know no such target now. They forget one an hour after its last agent or request.';
}

function details(relay, target) {
  const agents = relay.upstream_agents.filter((each) => each.target === target.name);
  const codes = failureCodes(target);
  const tally = agentCounts(target);
  return [
    el(
      'dl',
      { class: 'facts card', key: 'facts' },
      fact('Requests/s', rate(target.rate)),
      fact('Failed/s', rate(target.failed_rate)),
      fact('p50', duration(target.p50_ms ?? NaN)),
      fact('p99', duration(target.p99_ms ?? NaN)),
      fact('In flight', count(target.in_flight)),
      fact('Waiting', count(target.waiting)),
      fact('Free slots', `${count(target.free)} of ${count(target.capacity)}`),
      fact('Agents', tally.length === 0 ? 'none' : tally.map(([word, n]) => `${n} ${word}`).join(', ')),
      fact('Answered', count(target.answered)),
      fact('Failed', count(target.failed)),
    ),
    el(
      'section',
      { key: 'failures' },
      el('h2', null, 'Failures of the last 15 minutes'),
      codes.length === 0
        ? el('p', { class: 'hint' }, target.state === 'unknown' ? 'Unknown.' : 'None.')
        : el(
            'ul',
            { class: 'codelist' },
            codes.map(([code, n]) => codeItem(target, code, n)),
          ),
    ),
    el(
      'section',
      { key: 'agents' },
      el('h2', null, 'Upstream agents', el('span', { class: 'count' }, count(agents.length))),
      agentTable(`Upstream agents of ${target.name}`, agents, noAgents(relay, 'No agent of this target is connected.')),
    ),
  ];
}

function codeItem(target, code, n) {
  return el(
    'li',
    { key: code },
    el(
      'a',
      { class: 'code', href: requestsLink({ target: target.name, outcome: code, list: 'notable' }) },
      el('b', null, count(n)),
      ` ${code}`,
    ),
  );
}
