// Building and updating of the document. All text becomes text nodes, never markup: names, paths and reasons come from outside.

const SVG = 'http://www.w3.org/2000/svg';
const KEY = Symbol('key');
const KEPT = Symbol('kept');
const HANDLERS = ['onclick', 'oninput', 'onchange', 'onsubmit', 'onkeydown', 'onclose'];

/**
 * Creates an HTML element.
 *
 * @param props attributes; functions (`onclick`); `key` identifies the element among its siblings; `kept` keeps the children
 *     that the element already has in the document
 * @param children nodes, texts, numbers, nested arrays; null and false are left out
 */
export function el(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Creates an SVG element, with the arguments of {@link el}. */
export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'key') {
      node[KEY] = value;
    } else if (name === 'kept') {
      node[KEPT] = value;
    } else if (typeof value === 'function') {
      node[name] = value;
    } else if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(name, value);
    }
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children) {
    if (Array.isArray(child)) {
      append(node, child);
    } else if (child !== null && child !== undefined && child !== false) {
      node.append(child);
    }
  }
}

/**
 * Gives `parent` the children `fresh`, and keeps the existing nodes where they fit. The focus stays while its node does. A
 * selection stays unless its nodes move.
 */
export function update(parent, ...fresh) {
  const holder = document.createDocumentFragment();
  append(holder, fresh);
  const focused = document.activeElement;
  morphChildren(parent, holder);
  // A node that moves loses the focus.
  if (focused !== document.activeElement && parent.contains(focused)) {
    focused.focus({ preventScroll: true });
  }
}

function morphChildren(parent, holder) {
  const keyed = new Map();
  for (const child of parent.childNodes) {
    if (child[KEY] !== undefined) {
      keyed.set(child[KEY], child);
    }
  }
  const all = [...holder.childNodes];
  const wantedKeys = new Set(all.map((node) => node[KEY]));
  let cursor = parent.firstChild;
  for (const wanted of all) {
    const match = wanted[KEY] === undefined ? unkeyed(cursor) : keyed.get(wanted[KEY]);
    if (match && fits(match, wanted)) {
      if (match === cursor) {
        cursor = cursor.nextSibling;
      } else {
        cursor = dropUntil(parent, cursor, match, wantedKeys);
      }
      morph(match, wanted);
    } else {
      parent.insertBefore(wanted, cursor);
    }
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

/** Moves `match` before the cursor; if it comes next, removes the nodes between instead, so that `match` keeps the focus. */
function dropUntil(parent, cursor, match, wantedKeys) {
  const between = [];
  let node = cursor;
  while (node && node !== match && !wantedKeys.has(node[KEY])) {
    between.push(node);
    node = node.nextSibling;
  }
  if (node === match) {
    between.forEach((each) => each.remove());
    return match.nextSibling;
  }
  parent.insertBefore(match, cursor);
  return cursor;
}

function unkeyed(cursor) {
  return cursor && cursor[KEY] === undefined ? cursor : null;
}

function fits(old, fresh) {
  return old.nodeName === fresh.nodeName && old[KEY] === fresh[KEY];
}

function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  morphAttributes(old, fresh);
  for (const name of HANDLERS) {
    if (old[name] !== fresh[name]) {
      old[name] = fresh[name];
    }
  }
  if (!fresh[KEPT]) {
    morphChildren(old, fresh);
  }
}

function morphAttributes(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    // The reader opens and closes <details> and <dialog>: their state is not ours.
    if (name !== 'open' && old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
    }
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== 'open' && !fresh[KEPT]) {
      old.removeAttribute(name);
    }
  }
}

/** Gives a node this text, unless it has it already. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Copies a text to the clipboard. Returns whether it succeeded: outside HTTPS and loopback only the older command works. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el('textarea', { class: 'unseen', readonly: true, 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    before?.focus();
    return done;
  }
}
