// View Requests: the last requests, and those that failed or took longest.

import { el, setText, update } from '../dom.mjs';
import { count, dayOf, duration, moment, plural, shortName } from '../format.mjs';
import { heading, statusBadge } from '../parts.mjs';
import { conditionsOf, isFiltered, keyOf, matcher, statusChoices } from '../requestlist.mjs';
import { requestLink, requestsLink, targetLink } from '../route.mjs';

/** Rows that are added when the reader comes near the end of those in the document. */
const MORE_ROWS = 120;

/** Distance from the end of the rows, in pixels, at which more are added. */
const NEAR = 800;

/** Pause after the last change of the filter until its result is announced, in milliseconds. */
const QUIET = 500;

const COLUMNS = [
  ['Time (UTC)', 'time wide-only'],
  ['Status', 'state'],
  ['Request', 'path'],
  ['Target', 'target wide-only'],
  ['Agent', 'agent wide-only'],
  ['Took', 'num took'],
];

/** Opens the view in `main`. Returns `update` and `close`. */
export function openRequests(main, context) {
  return new RequestsView(main, context);
}

class RequestsView {
  needs = ['relay', 'requests'];
  #store;
  #load;
  #conditions;
  #list;
  #paused = false;
  #frozen = null;
  /** Rows in the document by the keys of their lines. */
  #rows = new Map();
  /** Lines that fulfil all conditions. */
  #matching = [];
  /** Limit of the rows in the document. The browser lays out all of them again whenever lines are added. */
  #reach = 0;
  #nearEnd = new IntersectionObserver((entries) => this.#observed(entries.at(-1)), { rootMargin: `${NEAR}px` });
  #nodes = {};
  #measured = false;
  #announce;
  #announcing = 0;
  #hasOmitted = false;
  /** Day, brokers and targets that the view shows, as JSON. */
  #surroundings = '';
  #day = dayOf(Date.now());

  constructor(main, { store, route, announce, reload }) {
    this.#store = store;
    this.#announce = announce;
    this.#load = reload;
    this.#conditions = conditionsOf(route.query);
    this.#list = route.query.get('list') === 'notable' ? 'notable' : 'recent';
    this.#build(main);
  }

  title() {
    return 'Requests';
  }

  close() {
    this.#nearEnd.disconnect();
    clearTimeout(this.#announcing);
  }

  #build(main) {
    const n = this.#nodes;
    n.lead = el('p', { class: 'lead' });
    n.form = this.#form();
    n.tabs = el('div', { class: 'tabs', role: 'group', 'aria-label': 'Lists' });
    n.pause = el('button', { type: 'button', class: 'small', onclick: () => this.#togglePause() });
    n.note = el('p', { class: 'hint' });
    n.body = el('tbody');
    n.rest = el('p', { class: 'hint' });
    n.table = el(
      'table',
      { class: 'requests' },
      el('caption', { class: 'unseen' }, 'Requests, newest first'),
      el(
        'thead',
        null,
        el(
          'tr',
          null,
          COLUMNS.map(([name, kind]) => el('th', { scope: 'col', class: kind }, name)),
        ),
      ),
      n.body,
    );
    main.append(
      el('div', { class: 'head' }, heading('What happened to each request'), n.lead),
      n.form,
      el('div', { class: 'toolbar' }, n.tabs, n.pause),
      n.note,
      el('div', { class: 'frame', role: 'region', 'aria-label': 'Requests', tabindex: '0' }, n.table),
      n.rest,
    );
    this.#nearEnd.observe(n.rest);
  }

  #form() {
    const changed = () => this.#filter();
    const n = this.#nodes;
    n.text = el('input', {
      id: 'f-text',
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'Path, id or agent',
      oninput: changed,
    });
    n.text.value = this.#conditions.text;
    n.target = el('select', { id: 'f-target', onchange: changed });
    n.status = el('select', { id: 'f-status', onchange: changed });
    n.chip = el('span');
    const field = (id, label, input) => el('div', { class: 'field' }, el('label', { for: id }, label), input);
    return el(
      'form',
      { class: 'filters', role: 'search', 'aria-label': 'Filter', onsubmit: (event) => event.preventDefault() },
      field('f-text', 'Text or id', n.text),
      field('f-target', 'Target', n.target),
      field('f-status', 'Status', n.status),
      n.chip,
    );
  }

  #filter() {
    const n = this.#nodes;
    this.#conditions = { ...this.#conditions, text: n.text.value, target: n.target.value, status: n.status.value };
    this.#remember();
  }

  #remember() {
    const list = this.#list === 'notable' ? 'notable' : '';
    history.replaceState(null, '', requestsLink({ ...this.#conditions, list }));
    this.update('filter');
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.#announceResult(), QUIET);
  }

  #announceResult() {
    const n = this.#matching.length;
    this.#announce(n > 0 ? plural(n, 'request') : this.#emptyText());
  }

  #choose(list) {
    this.#list = list;
    this.#remember();
  }

  #togglePause() {
    this.#paused = !this.#paused;
    this.#frozen = this.#paused ? { recent: this.#store.recent, notable: this.#store.notable } : null;
    this.#announce(this.#paused ? 'The list is paused' : 'The list is no longer paused');
    this.update('pause');
  }

  update(what) {
    const surroundings = this.#readSurroundings();
    const isSame = JSON.stringify(surroundings) === this.#surroundings;
    if (what === 'relay' && isSame) {
      return;
    }
    this.#surroundings = JSON.stringify(surroundings);
    const lists = this.#frozen ?? this.#store;
    const area = this.#nodes.body.getBoundingClientRect();
    this.#beginDay(surroundings.day, lists);
    const matches = matcher(this.#conditions);
    this.#matching = lists[this.#list].filter(matches);
    this.#controls(lists, matches, surroundings);
    this.#reach = what === 'filter' ? firstRows() : this.#rowsInReach(area);
    this.#fill();
    this.#measure();
  }

  /** Gives the times of the rows their date once they lack it. The rows stay, and so do focus and scroll position. */
  #beginDay(day, lists) {
    if (this.#day !== day) {
      this.#day = day;
      for (const line of [...lists.recent, ...lists.notable]) {
        const row = this.#rows.get(keyOf(line));
        if (row) {
          update(row, ...rowOf(line).childNodes);
        }
      }
    }
  }

  #readSurroundings() {
    const relay = this.#store.relay;
    return {
      day: dayOf(Date.now()),
      others: relay ? relay.brokers.length - 1 : 0,
      self: relay?.brokers.find((broker) => broker.this)?.name ?? 'this broker',
      names: (relay?.targets ?? []).map((each) => each.name),
    };
  }

  #controls(lists, matches, { others, self, names }) {
    const n = this.#nodes;
    setText(
      n.lead,
      `The requests of ${self}${others > 0 ? `. ${plural(others, 'other broker keeps its', 'other brokers keep their')} own lists.` : '.'}`,
    );
    const all = [...lists.recent, ...lists.notable];
    const targets = [...new Set([...names, ...all.map((line) => line.upstream_target)])].sort();
    options(n.target, 'All targets', targets, this.#conditions.target);
    options(n.status, 'All', statusChoices(all), this.#conditions.status);
    update(n.chip, this.#conditions.outcome !== '' && this.#outcomeChip());
    const tab = (list, label) =>
      el(
        'button',
        {
          type: 'button',
          key: list,
          class: 'tab',
          'aria-pressed': String(this.#list === list),
          onclick: () => this.#choose(list),
        },
        label,
        this.#store.loaded && el('span', { class: 'count' }, count(lists[list].filter(matches).length)),
      );
    update(n.tabs, tab('recent', 'Last'), tab('notable', 'Failed or slow'));
    setText(n.pause, this.#paused ? 'Continue' : 'Pause');
    update(n.note, ...this.#notes(matches));
    this.#announceOmitted();
  }

  /** Announces once that the list has gaps: the number in the note changes every second. */
  #announceOmitted() {
    const hasOmitted = !this.#paused && this.#store.omitted > 0;
    if (hasOmitted && !this.#hasOmitted) {
      this.#announce('Requests pass too fast to be shown one by one');
    }
    this.#hasOmitted = hasOmitted;
  }

  #outcomeChip() {
    return el(
      'button',
      {
        type: 'button',
        class: 'chip',
        'aria-label': `Remove the filter ${this.#conditions.outcome}`,
        onclick: () => {
          this.#conditions = { ...this.#conditions, outcome: '' };
          this.#remember();
          this.#nodes.text.focus(); // The chip is gone.
        },
      },
      this.#conditions.outcome,
      el('span', { 'aria-hidden': 'true' }, ' ×'),
    );
  }

  /** Loads the lists. Their button goes once they are there. */
  #loadAgain() {
    this.#nodes.pause.focus();
    this.#announce('Loading the list again');
    this.#load();
  }

  #notes(matches) {
    if (this.#paused) {
      const known = new Set(this.#frozen[this.#list].map(keyOf));
      const fresh = this.#store[this.#list].filter((line) => matches(line) && !known.has(keyOf(line))).length;
      return [`Paused. ${plural(fresh, 'new request')}.`];
    }
    if (this.#store.omitted > 0) {
      return [
        `${plural(this.#store.omitted, 'request')} passed too fast to be shown one by one. `,
        el('button', { type: 'button', class: 'small', onclick: () => this.#loadAgain() }, 'Load the list again'),
      ];
    }
    return [];
  }

  /**
   * Returns the new limit of rows after lines were added. The rows in the window stay, and those around the focus. In browsers
   * with scroll anchoring the rows in the window keep their places, unless the window is at the top.
   *
   * @param area the area of the rows before the change
   */
  #rowsInReach({ top, height }) {
    if (this.#paused || this.#rows.size === 0) {
      return Math.max(this.#reach, firstRows());
    }
    // Twice the distance, so that the rows that stay do not at once call for more.
    const near = Math.min(this.#rows.size, Math.ceil((innerHeight + 2 * NEAR - top) / (height / this.#rows.size)));
    const kept = new Set([...this.#nodes.body.childNodes].slice(0, near));
    const rows = this.#matching.map((line) => this.#rows.get(keyOf(line)));
    const last = scrollY > 0 ? rows.findLastIndex((row) => kept.has(row)) : 0;
    const focused = rows.findIndex((row) => row?.contains(document.activeElement));
    return Math.max(firstRows(), near, last + 1, focused < 0 ? 0 : focused + MORE_ROWS);
  }

  /** Adds rows when their end is near. While the button has the focus, only a click adds them, so that it keeps its place. */
  #observed(end) {
    if (end.isIntersecting && !this.#nodes.rest.contains(document.activeElement)) {
      this.#grow();
    }
  }

  #grow() {
    this.#reach += MORE_ROWS;
    this.#fill();
    this.#observeAgain();
  }

  /** An observer reports only changes. Observing again makes it report an end that is still near. */
  #observeAgain() {
    this.#nearEnd.unobserve(this.#nodes.rest);
    this.#nearEnd.observe(this.#nodes.rest);
  }

  /** Adds rows, and moves the focus to the first of them, which takes the place of the button. */
  #showMore() {
    const before = this.#rows.size;
    this.#grow();
    this.#nodes.body.childNodes[before]?.querySelector('a').focus({ preventScroll: true });
    this.#announce(this.#extent());
  }

  /** Returns how many rows the document has of how many. */
  #extent() {
    return `${count(this.#rows.size)} of ${plural(this.#matching.length, 'request')} are shown`;
  }

  #fill() {
    const { body } = this.#nodes;
    const lines = this.#matching.slice(0, this.#reach);
    if (lines.length === 0) {
      this.#rows.clear();
      update(body, el('tr', { key: 'empty' }, el('td', { class: 'empty', colspan: COLUMNS.length }, this.#emptyText())));
    } else {
      body.querySelector('.empty')?.parentNode.remove();
      this.#removeExcept(new Set(lines.map(keyOf)));
      this.#place(lines);
    }
    this.#showRest();
  }

  #removeExcept(wanted) {
    for (const [key, row] of this.#rows) {
      if (!wanted.has(key)) {
        row.remove();
        this.#rows.delete(key);
      }
    }
  }

  #place(lines) {
    const { body } = this.#nodes;
    let cursor = body.firstChild;
    for (const line of lines) {
      const row = this.#rowFor(line);
      if (row === cursor) {
        cursor = cursor.nextSibling;
      } else {
        body.insertBefore(row, cursor);
      }
    }
  }

  #rowFor(line) {
    const key = keyOf(line);
    let row = this.#rows.get(key);
    if (!row) {
      row = rowOf(line);
      this.#rows.set(key, row);
    }
    return row;
  }

  /** Says how many rows the document lacks, also to screen readers. */
  #showRest() {
    const { rest, table } = this.#nodes;
    rest.hidden = this.#rows.size === this.#matching.length;
    if (rest.hidden) {
      table.removeAttribute('aria-rowcount');
    } else {
      update(rest, `${this.#extent()}. `, this.#moreButton());
      table.setAttribute('aria-rowcount', this.#matching.length + 1); // with the row of the headings
    }
  }

  #moreButton() {
    return el(
      'button',
      { type: 'button', class: 'small', onclick: () => this.#showMore(), onblur: () => this.#observeAgain() },
      'Show more',
    );
  }

  #emptyText() {
    if (!this.#store.begun) {
      return 'Loading …';
    }
    if (isFiltered(this.#conditions)) {
      return 'No request fulfils all conditions.';
    }
    return this.#list === 'notable' ? 'No request has failed or was slow.' : 'No request is over yet.';
  }

  /** Marks the first paint of the rows: `longcut-requests-paint`, read by PageIT. */
  #measure() {
    if (this.#measured || !this.#store.begun) {
      return;
    }
    this.#measured = true;
    requestAnimationFrame(() => setTimeout(() => performance.mark('longcut-requests-paint')));
  }
}

/** Returns a number of rows that fills the window, however tall: a row is higher than 20 pixels. */
function firstRows() {
  return Math.max(60, Math.ceil(innerHeight / 20));
}

/** Values that a select has. */
const OFFERED = new WeakMap();

function options(select, all, values, chosen) {
  const list = chosen !== '' && !values.includes(chosen) ? [chosen, ...values] : values;
  const offered = list.join('\n');
  if (OFFERED.get(select) !== offered) {
    OFFERED.set(select, offered);
    update(
      select,
      el('option', { key: '', value: '' }, all),
      list.map((value) => el('option', { key: value, value }, value)),
    );
  }
  select.value = chosen;
}

function rowOf(line) {
  const isAnswer = line.outcome === 'answered' || line.status === 0;
  return el(
    'tr',
    null,
    el('td', { class: 'time wide-only' }, moment(line.received_at)),
    el('td', { class: 'state' }, statusBadge(line, true)),
    el(
      'th',
      { scope: 'row', class: 'path' },
      el(
        'a',
        { href: requestLink(line.client_req_id), title: line.path },
        el('span', { class: 'method' }, line.method),
        ` ${line.path}`,
      ),
      el(
        'span',
        { class: 'sub narrow-only' },
        [moment(line.received_at), line.upstream_target, isAnswer ? '' : line.outcome]
          .filter((each) => each !== '')
          .join(' · '),
      ),
    ),
    el('td', { class: 'target wide-only' }, el('a', { href: targetLink(line.upstream_target) }, line.upstream_target)),
    el(
      'td',
      { class: 'agent wide-only', title: line.upstream_agent || null },
      line.upstream_agent ? shortName(line.upstream_agent) : '–',
      line.attempts > 1 && el('span', { class: 'tag' }, `${line.attempts} attempts`),
    ),
    el('td', { class: 'num took' }, duration(line.total_ms)),
  );
}
