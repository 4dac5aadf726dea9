import assert from 'node:assert/strict';
import test, { afterEach, beforeEach } from 'node:test';
import { FakeDocument } from './fakedom.mjs';
import { line, page, relay } from './page.mjs';

const { parseRoute } = await page('route.mjs');
const { Store } = await page('store.mjs');
const { openRequest } = await page('views/request.mjs');
const { openRequests } = await page('views/requests.mjs');

const REPLACED = ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'history', 'fetch'];
const real = Object.fromEntries(REPLACED.map((name) => [name, globalThis[name]]));

let announced;
/** Timers by their numbers: functions with their `delay`. */
let timers;
/** Tells the view that the reader has come near the end of its rows. */
let comeNearEnd;
/** Calls of the view to its observer of that end. */
let observing;

beforeEach(() => {
  announced = [];
  observing = [];
  timers = new Map();
  globalThis.document = new FakeDocument();
  globalThis.setTimeout = (run, delay) => {
    timers.set(timers.size + 1, { run, delay });
    return timers.size;
  };
  globalThis.clearTimeout = (number) => timers.get(number) && (timers.get(number).delay = Infinity);
  globalThis.requestAnimationFrame = () => 0;
  globalThis.IntersectionObserver = class {
    constructor(changed) {
      comeNearEnd = () => changed([{ isIntersecting: true }]);
    }
    observe() {
      observing.push('observe');
    }
    unobserve() {
      observing.push('unobserve');
    }
    disconnect() {
      observing.push('disconnect');
    }
  };
  Object.assign(globalThis, { scrollY: 0, innerHeight: 900 });
  globalThis.history = { replaceState: () => {} };
});

afterEach(() => Object.assign(globalThis, real));

/** Runs the timers that are due after a time in milliseconds. */
function pass(ms) {
  [...timers.values()].filter((timer) => timer.delay <= ms).forEach((timer) => timer.run());
}

/** Opens a view in a document of its own. */
function view(open, hash, store) {
  return open(document.body, { store, route: parseRoute(hash), announce: (text) => announced.push(text), reload: () => {} });
}

/** Opens the view Requests with two requests. Returns it with its store and the input of its filter. */
function requests(query = '') {
  const store = new Store();
  store.setRelay(relay());
  store.setRequests(store.beginLoad(), { requests: [line(), line({ client_req_id: 'other', path: '/customers' })] }, true);
  const opened = view(openRequests, `#/requests${query}`, store);
  opened.update();
  return { opened, store, input: document.body.querySelector('#f-text') };
}

function type(input, text) {
  input.value = text;
  input.oninput();
}

test('the result of the filter is announced once the reader has stopped typing', () => {
  const { input } = requests();

  type(input, 'cust');
  pass(499);
  assert.deepEqual(announced, []);
  type(input, 'customers');
  pass(500);

  assert.deepEqual(announced, ['1 request']);
});

test('an empty result is announced', () => {
  const { input } = requests();

  type(input, 'no such path');
  pass(500);

  assert.deepEqual(announced, ['No request fulfils all conditions.']);
});

test('a view that is closed announces no result', () => {
  const { opened, input } = requests();

  type(input, 'customers');
  opened.close();
  pass(500);

  assert.deepEqual(announced, []);
});

/** Opens the view Requests with 1,000 requests, `/0` to `/999`, and returns it with its store. */
function thousandRequests() {
  const store = new Store();
  store.setRelay(relay());
  store.setRequests(store.beginLoad(), { requests: lines(0, 1000) }, true);
  const opened = view(openRequests, '#/requests', store);
  store.listen((what) => opened.update(what));
  opened.update();
  const body = document.body.querySelector('.requests').childNodes.at(-1);
  body.getBoundingClientRect = () => ({ top: 300 - scrollY, height: 34 * rows().length });
  return { store, opened };
}

/** Returns requests whose paths are numbered from one number to before another one. */
function lines(from, to) {
  return Array.from({ length: to - from }, (_, i) => line({ client_req_id: `id-${from + i}`, path: `/${from + i}` }));
}

/** Returns the rows of the list. */
function rows() {
  return document.body.querySelector('.requests').childNodes.at(-1).childNodes;
}

test('a long list begins with the rows of a window, and grows near their end', () => {
  thousandRequests();

  assert.equal(rows().length, 60);
  assert.match(document.body.textContent, /60 of 1,000 requests are shown\. Show more/);
  comeNearEnd();
  assert.equal(rows().length, 180);
  for (let i = 0; i < 10; i++) {
    comeNearEnd();
  }
  assert.equal(rows().length, 1000);
});

test('a tall window has more rows', () => {
  globalThis.innerHeight = 3000;

  thousandRequests();

  assert.equal(rows().length, 150);
});

test('rows that the reader has scrolled to stay when requests are added', () => {
  const { store } = thousandRequests();
  comeNearEnd();
  const last = rows().at(-1);
  globalThis.scrollY = 5000;

  store.addRequests({ recent: lines(1000, 1100) });

  assert.equal(rows().length, 280);
  assert.equal(rows().at(-1), last);
  assert.match(rows()[0].textContent, /GET \/1099/);
});

test('rows far below the window go when requests are added', () => {
  const { store } = thousandRequests();
  for (let i = 0; i < 5; i++) {
    comeNearEnd();
  }
  assert.equal(rows().length, 660);

  globalThis.scrollY = 1000;
  store.addRequests({ recent: lines(1000, 1010) });
  assert.equal(rows().length, Math.ceil((900 + 1600 + 700) / 34) + 10);
  globalThis.scrollY = 0;
  store.addRequests({ recent: lines(1010, 1110) });

  assert.equal(rows().length, Math.ceil((900 + 1600 - 300) / 34));
});

test('the end of the rows is observed anew after a piece, and no longer once the view is closed', () => {
  const { opened } = thousandRequests();

  comeNearEnd();
  opened.close();

  assert.deepEqual(observing, ['observe', 'unobserve', 'observe', 'disconnect']);
});

test('a row with the focus stays when requests are added, and so do rows after it', () => {
  const { store } = thousandRequests();
  const focused = rows()[20];
  focused.focus();

  store.addRequests({ recent: lines(1000, 1100) });

  assert.equal(document.activeElement, focused);
  assert.equal(rows().indexOf(focused), 120);
  assert.ok(rows().length > 200);
});

/** Returns the button below the list. */
function moreButton() {
  return document.body.querySelector('.requests').parentNode.nextSibling.querySelector('.small');
}

test('the button shows more rows, and moves the focus to the first of them', () => {
  thousandRequests();
  moreButton().focus();

  moreButton().onclick();

  assert.equal(rows().length, 180);
  assert.ok(rows()[60].contains(document.activeElement));
  assert.deepEqual(announced, ['180 of 1,000 requests are shown']);
});

test('the button keeps its place while it has the focus', () => {
  thousandRequests();
  const button = moreButton();
  button.focus();

  comeNearEnd();
  assert.equal(rows().length, 60);
  assert.equal(document.activeElement, button);
  button.onblur();

  assert.deepEqual(observing, ['observe', 'unobserve', 'observe']);
});

test('rows in the window stay when a load adds lines below newer ones', () => {
  const { store } = thousandRequests();
  comeNearEnd();
  globalThis.scrollY = 3000;
  const inWindow = rows()[90];
  const load = store.beginLoad();
  store.addRequests({ recent: lines(1300, 1310) });

  store.setRequests(load, { requests: [...lines(1000, 1310).reverse(), ...lines(0, 690)] }, true);

  assert.ok(rows().indexOf(inWindow) === 90 + 310);
});

test('the focus stays near when a filter is removed, and when the list is loaded again', () => {
  const { opened, store } = requests('?outcome=answered');
  document.body.querySelector('.chip').onclick();
  assert.equal(document.activeElement, document.body.querySelector('#f-text'));
  store.addRequests({ omitted: 3 });
  opened.update('requests');

  document.body.querySelector('.hint').querySelector('.small').onclick();

  assert.equal(document.activeElement, document.body.querySelector('.toolbar').querySelector('.small'));
  assert.deepEqual(announced, ['Requests pass too fast to be shown one by one', 'Loading the list again']);
});

test('a paused list keeps its rows', () => {
  const { store } = thousandRequests();
  comeNearEnd();
  const pause = document.body.querySelector('.toolbar').querySelector('.small');

  pause.onclick();
  store.addRequests({ recent: lines(1000, 1100) });
  assert.equal(rows().length, 180);
  assert.match(rows()[0].textContent, /GET \/0/);
  pause.onclick();

  assert.match(rows()[0].textContent, /GET \/1099/);
  assert.ok(rows().length < 180);
});

test('another filter begins with the rows of a window', () => {
  thousandRequests();
  comeNearEnd();

  type(document.body.querySelector('#f-text'), '/1');

  assert.equal(rows().length, 60);
  assert.match(document.body.textContent, /60 of 111 requests are shown/);
});

test('screen readers are told of rows that are not in the document', () => {
  thousandRequests();
  const table = document.body.querySelector('.requests');

  assert.equal(table.getAttribute('aria-rowcount'), '1001');
  type(document.body.querySelector('#f-text'), '/99');

  assert.equal(table.getAttribute('aria-rowcount'), null);
});

/** Opens the view of a request that the broker does not know, and waits for that answer. */
async function unknownRequest(store) {
  globalThis.fetch = async () => Response.json({ error: 'unknown_id', detail: 'it is unknown' }, { status: 404 });
  const opened = view(openRequest, '#/requests/7', store);
  await settle();
  return opened;
}

/** Lets all promises that can settle do so. */
const settle = () => new Promise((done) => setImmediate(done));

test('an unknown request is announced once', async () => {
  const store = new Store();
  store.setRelay(relay());

  const opened = await unknownRequest(store);
  opened.update();
  pass(10_000);
  await settle();

  assert.match(document.body.textContent, /Not found here/);
  assert.deepEqual(announced, ['Not found here']);
});

test('the brokers to ask for an unknown request appear once they are known', async () => {
  const store = new Store();
  const opened = await unknownRequest(store);
  assert.doesNotMatch(document.body.textContent, /Ask also/);
  const { brokers } = relay();

  store.setRelay(relay({ brokers: [...brokers, { ...brokers[0], id: 'b2', name: 'broker-2', this: false }] }));
  opened.update();

  assert.match(document.body.textContent, /Ask also: broker-2\./);
});

test('a lost request that the broker has forgotten stays as it was', async () => {
  const account = { ...line({ client_req_id: '7' }), state: 'over', outcome: 'lost', status: 0, broker: 'b.b1-k3v7qa', steps: [] };
  globalThis.fetch = async () => Response.json({ ...account, ran: 'no', ran_why: 'no agent had it' });
  const store = new Store();
  store.setRelay(relay());
  view(openRequest, '#/requests/7', store);
  await settle();
  const before = document.body.textContent;
  assert.match(before, /did not run/);

  globalThis.fetch = async () => Response.json({ error: 'unknown_id', detail: 'forgotten' }, { status: 404 });
  pass(5_000);
  await settle();

  assert.equal(document.body.textContent, before);
  assert.deepEqual(announced, []);
});

test('a lost request is loaded again, since it may arrive once more', async () => {
  const account = { ...line({ client_req_id: '7' }), state: 'over', outcome: 'lost', status: 0, broker: 'b.b1-k3v7qa', steps: [] };
  globalThis.fetch = async () => Response.json(account);
  const store = new Store();
  store.setRelay(relay());
  view(openRequest, '#/requests/7', store);
  await settle();

  Object.assign(account, { outcome: 'answered', status: 200 });
  pass(5_000);
  await settle();

  assert.match(document.body.textContent, /GET \/orders\/7200/);
  assert.equal(timers.size, 1, 'no further load');
});
