// The table of the view Requests.

import { el, update } from '../dom.mjs';
import { count, dayOf, duration, moment, plural, shortName } from '../format.mjs';
import { statusBadge } from '../parts.mjs';
import { keyOf } from '../requestlist.mjs';
import { requestLink, targetLink } from '../route.mjs';

/** Rows that are added when the reader comes near the end of those in the document. */
const MORE_ROWS = 120;

/** Distance from the end of the rows, in pixels, at which more are added. */
const NEAR = 800;

const COLUMNS = [
  ['Time (UTC)', 'time wide-only'],
  ['Status', 'state'],
  ['Request', 'path'],
  ['Target', 'target wide-only'],
  ['Agent', 'agent wide-only'],
  ['Took', 'num took'],
];

/** A table of requests. Only the rows that the reader may see soon are in the document. */
export class RequestRows {
  /** The table and the paragraph below it. */
  nodes;
  #announce;
  #body = el('tbody');
  #table = el(
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
    this.#body,
  );
  /** Says how many rows are left out. */
  #rest = el('p', { class: 'hint' });
  /** Rows in the document by the keys of their lines. */
  #rows = new Map();
  #lines = [];
  #emptyText = '';
  /** Limit of the rows in the document. The browser lays out all of them again whenever lines are added. */
  #limit = 0;
  #nearEnd = new IntersectionObserver((entries) => this.#observed(entries.at(-1)), { rootMargin: `${NEAR}px` });
  #day = dayOf(Date.now());

  constructor(announce) {
    this.#announce = announce;
    this.nodes = [
      el('div', { class: 'frame', role: 'region', 'aria-label': 'Requests', tabindex: '0' }, this.#table),
      this.#rest,
    ];
    this.#nearEnd.observe(this.#rest);
  }

  close() {
    this.#nearEnd.disconnect();
  }

  /**
   * Shows lines, newest first.
   *
   * @param kept the rows that stay: `first` begins again with the rows of a window, `near` keeps those around the window and the
   *     focus, `all` keeps all
   * @param emptyText text if there are no lines
   */
  show(lines, kept, emptyText) {
    this.#lines = lines;
    this.#emptyText = emptyText;
    this.#limit = this.#limitFor(kept);
    this.#beginDay();
    this.#fill();
  }

  #limitFor(kept) {
    switch (kept) {
      case 'first':
        return firstRows();
      case 'near':
        return this.#nearRows();
      default:
        return Math.max(this.#limit, firstRows());
    }
  }

  /**
   * Returns the new limit of rows after lines were added. The rows in the window stay, and those around the focus. In browsers
   * with scroll anchoring the rows in the window keep their places, unless the window is at the top.
   */
  #nearRows() {
    if (this.#rows.size === 0) {
      return firstRows();
    }
    const { top, height } = this.#body.getBoundingClientRect();
    // Twice the distance, so that the rows that stay do not at once call for more.
    const near = Math.min(this.#rows.size, Math.ceil((innerHeight + 2 * NEAR - top) / (height / this.#rows.size)));
    const kept = new Set([...this.#body.childNodes].slice(0, near));
    const rows = this.#lines.map((line) => this.#rows.get(keyOf(line)));
    const last = scrollY > 0 ? rows.findLastIndex((row) => kept.has(row)) : 0;
    const focused = rows.findIndex((row) => row?.contains(document.activeElement));
    return Math.max(firstRows(), near, last + 1, focused < 0 ? 0 : focused + MORE_ROWS);
  }

  /** Adds rows when their end is near. While the button has the focus, only a click adds them, so that it keeps its place. */
  #observed(end) {
    if (end.isIntersecting && !this.#rest.contains(document.activeElement)) {
      this.#grow();
    }
  }

  #grow() {
    this.#limit += MORE_ROWS;
    this.#fill();
    this.#observeAgain();
  }

  /** An observer reports only changes. Observing again makes it report an end that is still near. */
  #observeAgain() {
    this.#nearEnd.unobserve(this.#rest);
    this.#nearEnd.observe(this.#rest);
  }

  /** Adds rows, and moves the focus to the first of them, which takes the place of the button. */
  #showMore() {
    const before = this.#rows.size;
    this.#grow();
    this.#body.childNodes[before]?.querySelector('a').focus({ preventScroll: true });
    this.#announce(this.#extent());
  }

  /** Returns how many rows the document has of how many. */
  #extent() {
    return `${count(this.#rows.size)} of ${plural(this.#lines.length, 'request')} are shown`;
  }

  #fill() {
    const lines = this.#lines.slice(0, this.#limit);
    if (lines.length === 0) {
      this.#rows.clear();
      update(this.#body, el('tr', { key: 'empty' }, el('td', { class: 'empty', colspan: COLUMNS.length }, this.#emptyText)));
    } else {
      this.#body.querySelector('.empty')?.parentNode.remove();
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
    let cursor = this.#body.firstChild;
    for (const line of lines) {
      const row = this.#rowFor(line);
      if (row === cursor) {
        cursor = cursor.nextSibling;
      } else {
        this.#body.insertBefore(row, cursor);
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
    const rest = this.#rest;
    rest.hidden = this.#rows.size === this.#lines.length;
    if (rest.hidden) {
      this.#table.removeAttribute('aria-rowcount');
    } else {
      update(rest, `${this.#extent()}. `, this.#moreButton());
      this.#table.setAttribute('aria-rowcount', this.#lines.length + 1); // with the row of the headings
    }
  }

  #moreButton() {
    return el(
      'button',
      { type: 'button', class: 'small', onclick: () => this.#showMore(), onblur: () => this.#observeAgain() },
      'Show more',
    );
  }

  /** Gives the times of the rows their date once they lack it. The rows stay, and so do focus and scroll position. */
  #beginDay() {
    const day = dayOf(Date.now());
    if (this.#day !== day) {
      this.#day = day;
      for (const line of this.#lines) {
        const row = this.#rows.get(keyOf(line));
        if (row) {
          update(row, ...rowOf(line).childNodes);
        }
      }
    }
  }
}

/** Returns a number of rows that fills the window, however tall: a row is higher than 20 pixels. */
function firstRows() {
  return Math.max(60, Math.ceil(innerHeight / 20));
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
