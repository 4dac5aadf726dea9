// Lists of requests: merging of new lines, and filters. Pure.

/** Longest list, as in the broker's memory. */
export const MOST = 1000;

/**
 * Returns `list`, newest first, with the new lines in front of it.
 *
 * @param lines oldest first, as the stream sends them; lines that the list has already are left out
 */
export function withLines(list, lines) {
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
  return fresh.length === 0 ? list : [...fresh.reverse(), ...list].slice(0, MOST);
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
