// Small charts of the last 15 minutes, drawn by uPlot, with a summary in words for those who do not see them.

import { el, update } from './dom.mjs';
import { count, duration, moment, rate } from './format.mjs';

const HEIGHT = 118;
const HEIGHT_ON_PHONE = 84;

/** Half of the width of a time of day in pixels: it may stand below the last point. */
const HALF_TIME = 16;

/** Possible seconds between two times. The times have no seconds, so they would be the same in less than a minute. */
const INTERVALS = [60, 120, 300, 600, 900, 1800];

const PHONE = matchMedia('(max-width: 640px)');

let uPlot;

/** The charts. Each series has a key of the history, a name, and the name of its colour. */
const CHARTS = [
  { id: 'rate', title: 'Requests per second', show: rate, series: [['rate', 'requests', 'accent']] },
  { id: 'failed', title: 'Failed per second', show: rate, series: [['failed_rate', 'failed', 'bad']] },
  {
    id: 'latency',
    title: 'Latency',
    show: duration,
    series: [
      ['p50_ms', 'p50', 'accent'],
      ['p99_ms', 'p99', 'second'],
    ],
  },
  {
    id: 'load',
    title: 'Held by brokers',
    show: count,
    series: [
      ['in_flight', 'in flight', 'accent'],
      ['waiting', 'waiting', 'second'],
    ],
  },
];

/** Returns a chart's data in words. */
export function summary(chart, history) {
  const minutes = Math.round((history.points * history.interval_ms) / 60_000);
  const parts = chart.series.map(([key, name]) => {
    const values = (history[key] ?? []).filter((value) => Number.isFinite(value));
    if (values.length === 0) {
      return `${name}: no values`;
    }
    const last = (history[key] ?? []).at(-1);
    return `${name}: now ${chart.show(last ?? NaN)}, lowest ${chart.show(Math.min(...values))}, highest ${chart.show(Math.max(...values))}`;
  });
  return `${chart.title}, last ${minutes} minutes. ${parts.join('. ')}.`;
}

/** Cards with one chart each. Call `destroy` when they leave the document. */
export class Charts {
  #cards = [];
  #history = null;
  #scheme = matchMedia('(prefers-color-scheme: dark)');
  #resized = new ResizeObserver(() => this.#resize());
  #recolour = () => this.#draw(true);

  constructor() {
    this.node = el('div', { class: 'charts' });
    for (const chart of CHARTS) {
      const now = el('div', { class: 'now' });
      const plot = el('div', { class: 'plot', role: 'img', 'aria-label': `${chart.title}: no data yet` });
      const when = el('span', { class: 'when' });
      this.node.append(
        el('section', { class: 'card chart', 'aria-label': chart.title }, el('h2', null, chart.title, when), now, plot),
      );
      this.#cards.push({ chart, now, plot, when, drawing: null });
    }
    this.#scheme.addEventListener('change', this.#recolour);
    this.#resized.observe(this.node);
  }

  /** Shows a history (`/api/history`). The first call loads uPlot, which would delay the first paint. */
  async show(history) {
    uPlot ??= (await import('./vendor/uPlot.mjs')).default;
    this.#history = history;
    this.#draw(false);
  }

  destroy() {
    this.#scheme.removeEventListener('change', this.#recolour);
    this.#resized.disconnect();
    this.#cards.forEach((card) => card.drawing?.destroy());
  }

  #draw(again) {
    if (!this.#history || !this.node.isConnected) {
      return;
    }
    for (const card of this.#cards) {
      const data = columns(card.chart, this.#history);
      if (again) {
        card.drawing?.destroy();
        card.drawing = null;
      }
      if (card.drawing) {
        card.drawing.setData(data);
      } else {
        card.drawing = new uPlot(
          options(card, () => this.#history),
          data,
          card.plot,
        );
      }
      card.plot.setAttribute('aria-label', summary(card.chart, this.#history));
      showValues(card, this.#history, null);
    }
  }

  #resize() {
    for (const card of this.#cards) {
      const width = card.plot.clientWidth;
      if (card.drawing && width > 0 && width !== card.drawing.width) {
        card.drawing.setSize({ width, height: height() });
      }
    }
  }
}

function height() {
  return PHONE.matches ? HEIGHT_ON_PHONE : HEIGHT;
}

function columns(chart, history) {
  const until = Date.parse(history.until) / 1000;
  const step = history.interval_ms / 1000;
  const times = Array.from({ length: history.points }, (_, i) => until - (history.points - 1 - i) * step);
  return [times, ...chart.series.map(([key]) => history[key] ?? [])];
}

/** Shows the values at an index, or the last ones. */
function showValues(card, history, index) {
  const at = index ?? history.points - 1;
  const values = card.chart.series.map(([key, name, colour]) =>
    el(
      'span',
      { class: 'value' },
      el('b', null, card.chart.show(history[key]?.[at] ?? NaN)),
      card.chart.series.length > 1 && el('span', { class: `legend ${colour}` }, name),
    ),
  );
  update(card.now, ...values);
  const time = new Date(Date.parse(history.until) - (history.points - 1 - at) * history.interval_ms);
  card.when.textContent = index === null ? '' : moment(time.toISOString());
}

function options(card, history) {
  const colour = colours();
  const axis = {
    stroke: colour.muted,
    font: '11px "Segoe UI", Roboto, Inter, "Liberation Sans", Arial, sans-serif',
    grid: { stroke: colour.grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(120, card.plot.clientWidth),
    height: height(),
    padding: [6, HALF_TIME, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.15 : 1] } },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        space: 70,
        incrs: INTERVALS,
        grid: { show: false },
        filter: (plot, times) => shown(times, plot.scales.x.max),
        values: (_, times) => times.map(timeOf),
      },
      {
        ...axis,
        size: 46,
        gap: 6,
        space: 34,
        values: (_, ticks) => ticks.map((tick) => tickOf(card.chart, tick)),
      },
    ],
    series: [
      {},
      ...card.chart.series.map(([, name, kind], i) => ({
        label: name,
        stroke: colour[kind],
        width: 1.75,
        fill: i === 0 ? colour[`${kind}Fill`] : undefined,
        points: { show: true, size: 4, fill: colour[kind], filter: alone },
      })),
    ],
    hooks: { setCursor: [(plot) => showValues(card, history(), plot.cursor.idx ?? null)] },
  };
}

/** Returns the indices of values without neighbours, which no line shows. */
function alone(plot, series) {
  const values = plot.data[series];
  const has = (i) => Number.isFinite(values[i]);
  return values.map((_, i) => i).filter((i) => has(i) && !has(i - 1) && !has(i + 1));
}

/** Replaces times after the last point by null: uPlot puts them outside of the drawing, where they are cut. */
export function shown(times, last) {
  return times.map((time) => (time <= last ? time : null));
}

function timeOf(seconds) {
  return seconds === null ? '' : new Date(seconds * 1000).toISOString().slice(11, 16);
}

function tickOf(chart, tick) {
  if (chart.show === duration) {
    return tick >= 1000 ? `${tick / 1000} s` : `${tick} ms`;
  }
  return tick >= 10_000 ? `${tick / 1000}k` : String(tick);
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    accent: of('--accent-line'),
    accentFill: of('--accent-fill'),
    bad: of('--bad-line'),
    badFill: of('--bad-fill'),
    second: of('--second-line'),
    muted: of('--muted'),
    grid: of('--grid'),
  };
}
