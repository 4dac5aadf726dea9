// View Requests: the last requests, and those that failed or took longest.

import { el, setText, update } from '../dom.mjs';
import { count, dayOf, plural } from '../format.mjs';
import { heading } from '../parts.mjs';
import { conditionsOf, isFiltered, keyOf, matcher, statusChoices } from '../requestlist.mjs';
import { requestsLink } from '../route.mjs';
import { RequestRows } from './requestrows.mjs';

/** Pause after the last change of the filter until its result is announced, in milliseconds. */
const QUIET = 500;

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
  #rows;
  /** Lines that fulfil all conditions. */
  #matching = [];
  #nodes = {};
  #measured = false;
  #announce;
  #announcing = 0;
  #hasOmitted = false;
  /** Day, brokers and targets that the view shows, as JSON. */
  #surroundings = '';

  constructor(main, { store, route, announce, reload }) {
    this.#store = store;
    this.#announce = announce;
    this.#rows = new RequestRows(announce);
    this.#load = reload;
    this.#conditions = conditionsOf(route.query);
    this.#list = route.query.get('list') === 'notable' ? 'notable' : 'recent';
    this.#build(main);
  }

  title() {
    return 'Requests';
  }

  close() {
    this.#rows.close();
    clearTimeout(this.#announcing);
  }

  #build(main) {
    const n = this.#nodes;
    n.lead = el('p', { class: 'lead' });
    n.form = this.#form();
    n.tabs = el('div', { class: 'tabs', role: 'group', 'aria-label': 'Lists' });
    n.pause = el('button', { type: 'button', class: 'small', onclick: () => this.#togglePause() });
    n.note = el('p', { class: 'hint' });
    main.append(
      el('div', { class: 'head' }, heading('What happened to each request'), n.lead),
      n.form,
      el('div', { class: 'toolbar' }, n.tabs, n.pause),
      n.note,
      ...this.#rows.nodes,
    );
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
    const matches = matcher(this.#conditions);
    this.#matching = lists[this.#list].filter(matches);
    this.#rows.show(this.#matching, what === 'filter' ? 'first' : this.#paused ? 'all' : 'near', this.#emptyText());
    this.#controls(lists, matches, surroundings);
    this.#measure();
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
