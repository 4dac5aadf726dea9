// Captured content of a request and its response.

import { el } from '../dom.mjs';
import { bytes, MASKED, plural, TEXT_SHOWN } from '../format.mjs';
import { indented } from '../json.mjs';

const BASE64_SHOWN = 400;

/** Returns the sections of an account's captured content, or a hint that capturing is off. */
export function capturedParts(account, inspect) {
  if (!account.captured) {
    return [
      el(
        'p',
        { class: 'hint', key: 'no-capture' },
        inspect?.capture
          ? 'The content of this request is not kept.'
          : 'Query, header fields and bodies are not kept. To keep them for a while, set inspect.capture = true in the settings of the broker.',
      ),
    ];
  }
  return [message('Request', account.captured.request), message('Response', account.captured.response)];
}

/** Returns one message as a section. */
export function message(title, captured) {
  if (!captured) {
    return el('section', { key: title }, el('h2', null, title), el('p', { class: 'hint' }, 'There was none.'));
  }
  const line = captured.status === undefined ? `${captured.method} ${captured.url}` : `Status ${captured.status}`;
  return el(
    'section',
    { key: title },
    el('h2', null, title),
    el(
      'div',
      { class: 'card message' },
      el('p', { class: 'mono break first' }, masked(line)),
      fields(title, captured.headers ?? []),
      body(title, captured),
    ),
  );
}

function fields(title, headers) {
  return el(
    'details',
    { open: headers.length <= 12 },
    el('summary', null, plural(headers.length, 'header field')),
    el(
      'table',
      { class: 'fields' },
      el('caption', { class: 'unseen' }, `Header fields of the ${title.toLowerCase()}`),
      el(
        'thead',
        { class: 'unseen' },
        el('tr', null, el('th', { scope: 'col' }, 'Name'), el('th', { scope: 'col' }, 'Value')),
      ),
      el(
        'tbody',
        null,
        headers.map(([name, value]) =>
          el('tr', null, el('th', { scope: 'row' }, name), el('td', { class: 'break' }, masked(value))),
        ),
      ),
    ),
  );
}

/** Marks the masked parts of a text. */
function masked(text) {
  return String(text)
    .split(MASKED)
    .flatMap((part, i) =>
      i === 0
        ? [part]
        : [
            el(
              'span',
              { class: 'masked', title: 'masked' },
              el('span', { class: 'unseen' }, 'masked'),
              el('span', { 'aria-hidden': 'true' }, MASKED),
            ),
            part,
          ],
    );
}

function body(title, captured) {
  const content = captured.body;
  if (!content || !(content.bytes > 0)) {
    return el('p', { class: 'hint' }, 'No body.');
  }
  const kept = content.truncated ? ', of which only the beginning is kept' : '';
  const label = `Body of the ${title.toLowerCase()}`;
  if (content.base64 !== undefined) {
    const excerpt = content.base64.slice(0, BASE64_SHOWN);
    return el(
      'div',
      null,
      el(
        'p',
        { class: 'hint' },
        `Body: ${bytes(content.bytes)}, binary${kept}. In base64${excerpt.length < content.base64.length ? ', first part' : ''}:`,
      ),
      block(label, excerpt + (excerpt.length < content.base64.length ? '…' : '')),
    );
  }
  const { text, isJson } = readable(captured, content);
  const shown = text.slice(0, TEXT_SHOWN);
  return el(
    'div',
    null,
    el(
      'p',
      { class: 'hint' },
      `Body: ${bytes(content.bytes)}${isJson ? ', JSON, indented here' : ''}${kept}${shown.length < text.length ? '; the first 64 Ki characters' : ''}.`,
    ),
    block(label, shown),
    content.truncated && el('p', { class: 'cutmark' }, 'Truncated here'),
  );
}

function block(label, text) {
  return el('pre', { class: 'code-block', tabindex: '0', role: 'region', 'aria-label': label }, text);
}

/** Returns the text of a body, indented if it is JSON. Indented, it may end after the part that is shown. */
function readable(captured, content) {
  const type = (captured.headers ?? []).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const text = content.text ?? '';
  const mayBeJson = (/[/+]json\b/i.test(type) || /^\s*[{[]/.test(text)) && !content.truncated;
  const json = mayBeJson ? indented(text, TEXT_SHOWN) : null;
  return { text: json ?? text, isJson: json !== null };
}
