// The address of a view: the part of the URL after `#`. Pure.

/** Reads an address. Returns `view`, `name` (of a target or a request) and `query`, a URLSearchParams. */
export function parseRoute(hash) {
  const text = hash.replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1));
  const slash = path.indexOf('/');
  const first = slash < 0 ? path : path.slice(0, slash);
  const name = slash < 0 ? '' : decoded(path.slice(slash + 1));
  if (first === 'flow' && name === '') {
    return { view: 'flow', name: '', query };
  }
  if (first === 'requests') {
    return name === '' ? { view: 'requests', name: '', query } : { view: 'request', name, query };
  }
  if (first === 'targets' && name !== '') {
    return { view: 'target', name, query };
  }
  if ((first === '' || first === 'now') && name === '') {
    return { view: 'now', name: '', query };
  }
  return { view: 'unknown', name: text, query };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Returns the address of a target. */
export function targetLink(name) {
  return `#/targets/${encodeURIComponent(name)}`;
}

/** Returns the address of a request. */
export function requestLink(id) {
  return `#/requests/${encodeURIComponent(id)}`;
}

/** Returns the address of the requests that fulfil all conditions. Empty conditions are left out. */
export function requestsLink(conditions) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(conditions)) {
    if (value) {
      query.set(name, value);
    }
  }
  const text = query.toString();
  return text ? `#/requests?${text}` : '#/requests';
}
