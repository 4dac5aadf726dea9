// Numbers, times and ids as text. Pure.

/** Places between the thousands of a number, which may have a fraction. */
const THOUSANDS = /\B(?=(?:\d{3})+(?!\d))/g;

/** Text of a value that is absent. */
export const NONE = '–';

/** Text that stands for a secret which the broker has masked. */
export const MASKED = '•••';

/** Longest text that a view shows, in characters. More than a few MiB would freeze the tab. */
export const TEXT_SHOWN = 65_536;

/** Returns a whole number with separators. */
export function count(value) {
  return Number.isFinite(value) ? separated(value, 0) : NONE;
}

/** Returns a number with separators. Without `Intl`, whose first use would delay the first paint by 30 ms. */
function separated(value, decimals) {
  return value.toFixed(decimals).replace(THOUSANDS, ',');
}

/** Returns a rate per second without its unit. */
export function rate(value) {
  if (!Number.isFinite(value)) {
    return NONE;
  }
  if (value <= 0) {
    return '0';
  }
  if (value < 0.1) {
    return '<0.1';
  }
  return separated(value, value < 100 ? 1 : 0);
}

/** Returns a duration with about three digits: `2.1 ms`, `340 ms`, `20.0 s`, `3 min 5 s`. */
export function duration(ms) {
  if (!Number.isFinite(ms)) {
    return NONE;
  }
  if (ms < 99.95) {
    return `${separated(ms, 1)} ms`;
  }
  if (ms < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 59_950) {
    return `${separated(ms / 1000, 1)} s`;
  }
  return span(ms);
}

/** Returns a duration in milliseconds with one decimal. */
export function exactMs(ms) {
  return Number.isFinite(ms) ? `${separated(ms, 1)} ms` : NONE;
}

/** Returns a duration in its two largest units: `3 min 5 s`, `2 h 14 min`. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) {
    return '0 s';
  }
  const [name, size] = units[first];
  const [nextName, nextSize] = units[first + 1] ?? [];
  const rest = nextSize ? Math.floor((seconds % size) / nextSize) : 0;
  return `${Math.floor(seconds / size)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ''}`;
}

/** Returns how long ago something happened, in one unit: `now`, `3 s`, `4 min`. */
export function ago(ms) {
  if (!Number.isFinite(ms)) {
    return NONE;
  }
  return ms < 1_500 ? 'now' : span(ms).split(' ').slice(0, 2).join(' ');
}

/** Returns a size in bytes. */
export function bytes(value) {
  if (!Number.isFinite(value)) {
    return NONE;
  }
  if (value < 1024) {
    return `${value} ${value === 1 ? 'byte' : 'bytes'}`;
  }
  return value < 1024 * 1024 ? `${separated(value / 1024, 1)} KiB` : `${separated(value / 1048576, 1)} MiB`;
}

/** Returns the time of day of an ISO instant, in UTC as in the logs and the reasons. */
export function clock(iso) {
  return /T(\d\d:\d\d:\d\d)/.exec(iso ?? '')?.[1] ?? NONE;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Returns the day of a time in milliseconds, in UTC: `2026-11-29`. */
export function dayOf(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

/**
 * Returns an ISO instant as the time of day, with the date before it if it is not today: `29 Nov 14:02:11`. In UTC.
 *
 * @param now in milliseconds
 */
export function moment(iso, now = Date.now()) {
  const time = clock(iso);
  if (time === NONE || iso.startsWith(dayOf(now))) {
    return time;
  }
  const [, month, day] = iso.slice(0, 10).split('-').map(Number);
  return `${day} ${MONTHS[month - 1]} ${time}`;
}

/** Returns the start of an id. */
export function shortId(id) {
  return String(id).slice(0, 8);
}

/** Returns the given name of a process: `plant-1` of `plant.plant-1-x2m4cd`. */
export function shortName(processId) {
  const id = String(processId);
  const name = id.slice(id.indexOf('.') + 1);
  return name.replace(/-[a-z0-9]{6}$/, '') || id;
}

/** Returns `1 agent`, `2 agents`. */
export function plural(n, noun, nouns = `${noun}s`) {
  return `${count(n)} ${n === 1 ? noun : nouns}`;
}

/** Returns at most `most` characters, with an ellipsis if some are left out. */
export function cut(text, most) {
  const all = [...String(text)];
  return all.length <= most ? all.join('') : `${all.slice(0, Math.max(1, most - 1)).join('')}…`;
}

/** Returns at most `most` characters, with an ellipsis in the middle: names often differ only in their ends. */
export function cutMiddle(text, most) {
  const all = [...String(text)];
  if (all.length <= most) {
    return all.join('');
  }
  const kept = Math.max(2, most - 1);
  const first = Math.floor(kept / 2);
  return `${all.slice(0, first).join('')}…${all.slice(first - kept).join('')}`;
}
