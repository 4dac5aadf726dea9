// Start of the page: connection, routes, and the parts around the views.

import { Connection, postJson } from './connection.mjs';
import { el, setText, update } from './dom.mjs';
import { ago, moment, span } from './format.mjs';
import { heading } from './parts.mjs';
import { parseRoute } from './route.mjs';
import { Store } from './store.mjs';
import { changes } from './words.mjs';
import { openFlow } from './views/flow.mjs';
import { openNow } from './views/now.mjs';
import { openRequest } from './views/request.mjs';
import { openRequests } from './views/requests.mjs';
import { openTarget } from './views/target.mjs';

/**
 * Functions that open a view in a parent. They return its `title` as a function, `needs` (the parts of the store whose changes it
 * shows), `update` (called with the part that has changed), and `close`.
 */
const VIEWS = {
  now: openNow,
  flow: openFlow,
  requests: openRequests,
  request: openRequest,
  target: openTarget,
  unknown: openUnknown,
};

/** Views that show the relay's state, and so wait for it. */
const NEED_RELAY = new Set(['now', 'flow', 'target']);

/** Time that the view waits for its first lines, in milliseconds, so that it is not drawn twice. */
const PATIENCE = 50;

const RELOAD = {
  release: 'The broker has a new release: reload the page.',
  bug: 'The page has a bug, and what it shows may be wrong: reload it.',
};

const store = new Store();
const connection = new Connection(store);
const main = document.getElementById('main');
const banner = document.getElementById('banner');
const logout = document.getElementById('logout');
let current = null;
let isWaiting = false;
let announced = null;
let lostAt = 0;
/** When the last state of the relay came, by this machine's clock. */
let relayAt = 0;

function openUnknown(parent, { route }) {
  parent.append(
    el(
      'div',
      { class: 'head' },
      heading('No such view'),
      el('p', { class: 'lead' }, `#/${route.name}`),
      el('p', null, el('a', { href: '#/now' }, 'Show the state of the relay')),
    ),
  );
  return { title: () => 'No such view', needs: [], update: () => {}, close: () => {} };
}

function announce(text) {
  document.getElementById('announcements').textContent = text;
}

/** Opens the view of the address. */
function open(isFirst) {
  try {
    show(isFirst);
  } catch (e) {
    store.noteBug(e);
  }
}

function show(isFirst) {
  const route = parseRoute(location.hash);
  current?.close();
  main.replaceChildren();
  current = VIEWS[route.view](main, { store, route, announce, reload: () => connection.load() });
  isWaiting = NEED_RELAY.has(route.view) && !store.relay;
  main.classList.toggle('waiting', isWaiting);
  if (!isWaiting) {
    current.update();
  }
  document.title = `${current.title()} · LongCut`;
  const section = { request: 'requests', target: 'now' }[route.view] ?? route.view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.dataset.view === section) {
      link.setAttribute('aria-current', 'page');
    } else {
      link.removeAttribute('aria-current');
    }
  }
  if (!isFirst) {
    scrollTo(0, 0);
    (main.querySelector('h1') ?? main).focus({ preventScroll: true });
  }
}

function changed(what) {
  if (what === 'connection') {
    showConnection();
    return;
  }
  if (what === 'session') {
    logout.hidden = !store.session;
    return;
  }
  if (what === 'reload') {
    showReload();
    return;
  }
  if (what === 'relay') {
    relayAt = Date.now();
    announceChanges();
    showAbout();
    isWaiting = false;
    main.classList.remove('waiting');
  }
  if (!isWaiting && current?.needs.includes(what)) {
    current.update(what);
  }
}

function announceChanges() {
  const { relay, steady } = store;
  const sentences = announced ? changes(announced, { relay, steady }) : [];
  if (sentences.length > 0) {
    announce(`${sentences.slice(0, 3).join('. ')}${sentences.length > 3 ? `. ${sentences.length - 3} more changes` : ''}`);
  }
  announced = { relay, steady };
}

function showAbout() {
  const { relay } = store;
  const self = relay.brokers.find((broker) => broker.this);
  setText(
    document.getElementById('about'),
    `Served by ${self?.name ?? relay.broker}, HTTP LongCut ${relay.version}, up ${span(relay.uptime_ms)}. Times are in UTC.`,
  );
}

function showReload() {
  const bar = document.getElementById('reload');
  bar.hidden = store.reload === '';
  update(
    bar,
    ...(bar.hidden
      ? []
      : [
          el('p', null, RELOAD[store.reload]),
          el('button', { type: 'button', class: 'small', onclick: () => location.reload() }, 'Reload'),
        ]),
  );
}

function showConnection() {
  const { state } = store.connection;
  const live = document.getElementById('live');
  live.dataset.state = state;
  live.textContent = { live: 'Live', lost: 'Not connected', asleep: 'Asleep', connecting: 'Connecting' }[state];
  document.documentElement.classList.toggle('stale', state === 'lost');
  if (state === 'live' && lostAt > 0) {
    announce('Connected again');
  }
  lostAt = state === 'lost' ? lostAt || Date.now() : state === 'live' ? 0 : lostAt;
  banner.hidden = state !== 'lost';
  if (state === 'lost') {
    showBanner();
  } else {
    banner.replaceChildren();
  }
}

/** Shows what the page still shows and how old it is. The seconds are not announced. */
function showBanner() {
  const { message, retryAt } = store.connection;
  update(
    banner,
    el('p', null, el('b', null, 'Not connected: '), `${message}. `, age()),
    el('p', { class: 'quiet-text', 'aria-hidden': 'true' }, countdown(retryAt)),
    el('button', { type: 'button', class: 'small', onclick: () => connection.open() }, 'Try now'),
  );
}

function age() {
  return store.relay
    ? [
        `What you see is from ${moment(store.relay.taken_at)} UTC`,
        el('span', { 'aria-hidden': 'true' }, `, ${span(Date.now() - relayAt)} ago`),
        '.',
      ]
    : 'There is nothing to show yet.';
}

function countdown(retryAt) {
  const since = `Lost ${ago(Date.now() - lostAt)}${Date.now() - lostAt < 1_500 ? '' : ' ago'}. `;
  const left = Math.ceil((retryAt - Date.now()) / 1000);
  return since + (left > 0 ? `Next attempt in ${left} s.` : 'Trying again …');
}

document.querySelector('.skip').onclick = (event) => {
  event.preventDefault();
  main.focus();
};

logout.onclick = async () => {
  try {
    await postJson('/logout');
  } catch {
    // The answer leads to the login page, which is no JSON.
  }
  location.assign('/login');
};

store.listen(changed);
// Errors without an Error are none of a script: for example, a ResizeObserver that could not tell all changes at once.
addEventListener('error', (event) => event.error && store.noteBug(event.error));
addEventListener('unhandledrejection', (event) => store.noteBug(event.reason));
addEventListener('hashchange', () => open(false));
setInterval(() => store.connection.state === 'lost' && showBanner(), 1_000);
connection.open();
await Promise.race([connection.loadFirst(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
open(true);
