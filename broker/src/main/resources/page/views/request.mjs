// View of one request: its timeline, whether it ran, and its captured content.

import { getJson } from '../connection.mjs';
import { curlCommand, curlGaps } from '../curl.mjs';
import { el, svg, update } from '../dom.mjs';
import { bytes, dayOf, duration, exactMs, moment, plural, TEXT_SHOWN } from '../format.mjs';
import { copyButton, fact, heading, statusBadge, toAgent, toBroker, toTarget } from '../parts.mjs';
import { forgotten, place, ranSentence, timelineRows } from '../timeline.mjs';
import { capturedParts } from './captured.mjs';
import { Replay } from './replay.mjs';

const POLL = 1_000;

/** Pause until the account of a lost request is loaded again: RabbitMQ may redeliver the request to the same broker. */
const POLL_LOST = 5_000;

/** Opens the view in `main`. Returns `update` and `close`. */
export function openRequest(main, context) {
  const id = context.route.name;
  const body = el('div', { class: 'stack' });
  // The heading exists from the start, since it takes the focus.
  update(body, el('div', { class: 'head', key: 'head' }, crumb(), heading('Request ', id)));
  main.append(body);
  const replay = new Replay(id, context);
  let timer = 0;
  let account = null;
  /** Why there is no account, or null. */
  let failure = null;
  let isClosed = false;
  let lastNews = '';
  let built = null;
  /** Returns the curl command of the last account. It is built once: a body may have some MiB. */
  const command = () => {
    if (built?.account !== account) {
      built = { account, text: curlCommand(account) };
    }
    return built.text;
  };
  const show = () => {
    if (account) {
      update(body, ...parts(account, { ...context, command }, replay));
    } else if (failure) {
      update(body, ...missing(id, failure, context.store.relay));
    }
  };
  const pause = () => (account?.outcome === 'lost' ? POLL_LOST : POLL);
  const loaded = (fresh) => {
    account = fresh;
    timer = isFinal(account) ? 0 : setTimeout(load, pause());
    show();
  };
  const failed = (e) => {
    if (e.status === 404 && account?.state === 'over') {
      return; // The broker has forgotten a lost request. What the page shows stays true.
    }
    if (e.status !== 404) {
      timer = setTimeout(load, pause());
    }
    if (!account) {
      failure = e;
      show();
      if (e.status === 404) {
        context.announce('Not found here');
      }
    } else if (e.status === 404) {
      account = forgotten(account);
      show();
      context.announce('This broker no longer knows the request');
    }
  };
  // What they throw is a bug of the page, and goes to the event unhandledrejection.
  const load = () =>
    getJson(`/api/requests/${encodeURIComponent(id)}`).then(
      (fresh) => !isClosed && loaded(fresh),
      (e) => !isClosed && failed(e),
    );
  load();
  return {
    title: () => `Request ${id.slice(0, 8)}`,
    needs: ['relay'],
    update: () => {
      const { relay } = context.store;
      const news = JSON.stringify([dayOf(Date.now()), relay?.inspect, otherNames(relay)]);
      if (news !== lastNews) {
        lastNews = news;
        show();
      }
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      replay.close();
    },
  };
}

function isFinal(account) {
  return account.state === 'over' && account.outcome !== 'lost';
}

function crumb() {
  return el('p', { class: 'eyebrow' }, el('a', { href: '#/requests' }, 'Requests'), ' / Request');
}

function missing(id, error, relay) {
  const isUnknown = error.status === 404;
  return [
    el(
      'div',
      { class: 'head', key: 'head' },
      crumb(),
      isUnknown ? heading('Not found here') : heading('Request ', id),
      el(
        'p',
        { class: 'lead' },
        isUnknown
          ? `${capitalized(error.message)}.`
          : `The account could not be loaded: ${error.message}. The page tries again.`,
      ),
      isUnknown && otherBrokers(relay),
    ),
  ];
}

function otherNames(relay) {
  return (relay?.brokers ?? []).filter((broker) => !broker.this).map((broker) => broker.name);
}

/** Returns a sentence that names the brokers that may know a request, or false if there is no other one. */
function otherBrokers(relay) {
  const others = otherNames(relay);
  return others.length > 0 && el('p', null, `Each broker keeps its own requests. Ask also: ${others.join(', ')}.`);
}

function capitalized(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function parts(account, context, replay) {
  return [
    head(account, context),
    account.state === 'forgotten' && forgottenPart(context.store.relay),
    facts(account, context),
    account.error && errorPart(account.error),
    timeline(account),
    replay.part(account),
    ...capturedParts(account, context.store.relay?.inspect),
    curl(account, context),
  ];
}

function head(account, { announce, command }) {
  return el(
    'div',
    { class: 'head', key: 'head' },
    crumb(),
    heading(el('span', { class: 'method' }, account.method), ' ', el('span', { class: 'break' }, account.path)),
    el('p', { class: 'verdict' }, statusBadge(account), el('span', { class: `ran ${account.ran}` }, ranSentence(account))),
    el(
      'div',
      { class: 'idline', key: account.client_req_id, kept: true },
      el('span', { class: 'mono break' }, account.client_req_id),
      copyButton('Copy id', account.client_req_id, announce),
      copyButton('Copy as curl', command, announce),
    ),
  );
}

function facts(account) {
  return el(
    'dl',
    { class: 'facts card', key: 'facts' },
    fact('Target', toTarget(account.upstream_target)),
    fact('Client agent', toAgent(account.client_agent)),
    fact('Broker', toBroker(account.broker)),
    fact('Received', `${moment(account.received_at)} UTC`),
    fact('Took', duration(account.total_ms)),
    fact('Attempts', String(account.attempts)),
    fact('Request body', bytes(account.request_bytes)),
  );
}

function forgottenPart(relay) {
  return el(
    'div',
    { class: 'problem', key: 'forgotten' },
    el('p', null, 'This broker no longer knows the request, perhaps because of a restart. Below is what it knew last.'),
    otherBrokers(relay),
  );
}

function errorPart(error) {
  return el(
    'div',
    { class: 'problem', key: 'error' },
    el('p', null, el('b', { class: 'mono' }, error.code), ` found by the ${String(error.hop).replaceAll('_', ' ')}`),
    el('p', null, error.detail),
  );
}

function timeline(account) {
  const rows = timelineRows(account);
  const items = rows.map((row, i) => {
    const { start, width } = place(row, account.total_ms);
    return el(
      'li',
      { key: `${i} ${row.label}`, class: row.stage },
      el(
        'div',
        { class: 'step' },
        el('span', { class: 'label' }, row.label),
        row.note && el('span', { class: 'note' }, row.note),
      ),
      svg(
        'svg',
        { class: 'track', height: '12', 'aria-hidden': 'true', focusable: 'false' },
        svg('rect', { class: 'rail', x: '0', y: '5.5', width: '100%', height: '1' }),
        svg('rect', {
          class: `span ${row.tone}`,
          x: percent(start),
          y: '1',
          width: percent(width),
          height: '10',
          rx: '2.5',
        }),
      ),
      el(
        'span',
        { class: 'ms' },
        row.stage === 'over' || row.to === row.from ? `at ${exactMs(row.from)}` : exactMs(row.to - row.from),
      ),
    );
  });
  return el(
    'section',
    { key: 'timeline' },
    el('h2', null, 'Timeline', el('span', { class: 'count' }, exactMs(account.total_ms))),
    el('ol', { class: 'timeline card' }, items),
    account.omitted_steps > 0 &&
      el('p', { class: 'hint' }, `${plural(account.omitted_steps, 'step')} in the middle are left out.`),
  );
}

function percent(part) {
  return `${(part * 100).toFixed(3)}%`;
}

function curl(account, { announce, command }) {
  const text = command();
  const isCut = text.length > TEXT_SHOWN;
  return el(
    'section',
    { key: 'curl' },
    el('h2', null, 'As curl'),
    el(
      'p',
      { class: 'hint' },
      'CLIENT_AGENT stands for your client agent. Its routes choose the target by host and path. ',
      curlGaps(account).join(' '),
      isCut && ' Below are the first 64 Ki characters: Copy copies all of it.',
    ),
    el(
      'pre',
      { class: 'card code-block', tabindex: '0', 'aria-label': 'curl command' },
      isCut ? `${text.slice(0, TEXT_SHOWN)}…` : text,
    ),
    el('div', { key: 'copy', kept: true }, copyButton('Copy', command, announce)),
  );
}
