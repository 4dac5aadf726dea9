// Lists of requests: merging of new lines, and filters. Pure.

/** Longest list of the last requests, as in the broker's memory. */
export const MOST = 1000;

/** Bounds of the list of notable requests, as in the broker's memory. */
export const MOST_FAILED = 500;
export const SLOW_PER_MINUTE = 20;
export const MINUTES = 25;

const MINUTE = 60_000;

/**
 * Returns `list`, newest first, with the new lines in front of it.
 *
 * @param lines oldest first, as the stream sends them; lines that the list has already are left out
 */
export function withLines(list, lines) {
  return merge(list, lines).slice(0, MOST);
}

/**
 * Returns the notable requests, newest first, with the new lines in front of them. Of all these it keeps the last
 * {@link MOST_FAILED} that failed, and of the others the {@link SLOW_PER_MINUTE} slowest of each of the last {@link MINUTES}
 * minutes that have any. The broker follows the same rule, but its minutes begin at other seconds. Therefore a minute without a
 * new line keeps what it has, which may be of two of the broker's minutes, and there may be one minute more.
 *
 * @param lines oldest first, as the stream sends them; lines that the list has already are left out
 */
export function withNotable(list, lines) {
  const merged = merge(list, lines);
  if (merged === list) {
    return list;
  }
  const changed = new Set(lines.map(minuteOf));
  const slow = slowest(merged.filter((each) => !isFailed(each)), changed);
  const kept = new Set([...merged.filter(isFailed).slice(0, MOST_FAILED), ...slow]);
  return merged.filter((each) => kept.has(each));
}

/**
 * Returns `list` without the requests that were lost and have ended once more. The broker drops them, too.
 *
 * @param lines requests that have ended
 */
export function withoutRepeated(list, lines) {
  if (!list.some(isLost)) {
    return list;
  }
  const isRepeated = (each) => isLost(each) && lines.some((line) => follows(line, each));
  return list.some(isRepeated) ? list.filter((each) => !isRepeated(each)) : list;
}

function isLost(line) {
  return line.outcome === 'lost';
}

function follows(line, lost) {
  return line.client_req_id === lost.client_req_id && endedAt(line) > endedAt(lost);
}

/** Returns the time at which a request ended, in milliseconds. */
function endedAt(line) {
  return Date.parse(line.received_at) + line.total_ms;
}

function minuteOf(line) {
  return Math.floor(endedAt(line) / MINUTE);
}

function slowest(lines, changed) {
  const minutes = new Map();
  for (const line of lines) {
    const minute = minuteOf(line);
    const ofMinute = minutes.get(minute);
    ofMinute ? ofMinute.push(line) : minutes.set(minute, [line]);
  }
  return [...minutes.keys()]
    .sort((a, b) => b - a)
    .slice(0, MINUTES + 1)
    .flatMap((minute) => {
      const ofMinute = minutes.get(minute);
      return changed.has(minute)
        ? ofMinute.sort((a, b) => b.total_ms - a.total_ms).slice(0, SLOW_PER_MINUTE)
        : ofMinute;
    });
}

/** Returns whether a request counts as failed in the list of notable requests. */
export function isFailed(line) {
  return line.status >= 500 || (line.outcome !== 'answered' && line.outcome !== 'cancelled');
}

function merge(list, lines) {
  if (lines.length === 0) {
    return list;
  }
  const known = new Set(list.map(keyOf));
  const fresh = [];
  for (const line of lines) {
    if (!known.has(keyOf(line))) {
      known.add(keyOf(line));
      fresh.push(line);
    }
  }
  return fresh.length === 0 ? list : [...fresh.reverse(), ...list];
}

/** Returns the identity of a line. A client agent may send a request to the same broker twice. */
export function keyOf(line) {
  return `${line.client_req_id} ${line.received_at}`;
}

/** Reads the conditions of an address. */
export function conditionsOf(query) {
  return {
    target: query.get('target') ?? '',
    status: query.get('status') ?? '',
    outcome: query.get('outcome') ?? '',
    text: query.get('text') ?? '',
  };
}

/** Returns a function that tells whether a line fulfils all conditions. */
export function matcher(conditions) {
  const text = conditions.text.trim().toLowerCase();
  const status = conditions.status.trim().toLowerCase();
  return (line) =>
    (conditions.target === '' || line.upstream_target === conditions.target) &&
    (conditions.outcome === '' || line.outcome === conditions.outcome) &&
    (status === '' || hasStatus(line.status, status)) &&
    (text === '' || contains(line, text));
}

function hasStatus(status, wanted) {
  if (wanted === 'none') {
    return status === 0;
  }
  return wanted.endsWith('xx') ? Math.floor(status / 100) === Number(wanted[0]) : status === Number(wanted);
}

function contains(line, text) {
  return [line.method, line.path, line.client_req_id, line.client_agent, line.upstream_agent, line.outcome].some((each) =>
    String(each ?? '')
      .toLowerCase()
      .includes(text),
  );
}

/** Returns whether any condition is set. */
export function isFiltered(conditions) {
  return Object.values(conditions).some((value) => value !== '');
}

/** Returns the choices for the filter by status: the classes, and the statuses that occur. */
export function statusChoices(lines) {
  const found = [...new Set(lines.map((line) => line.status))].filter((status) => status > 0).sort((a, b) => a - b);
  const classes = [...new Set(found.map((status) => `${Math.floor(status / 100)}xx`))];
  return [...classes, ...found.map(String), ...(lines.some((line) => line.status === 0) ? ['none'] : [])];
}
