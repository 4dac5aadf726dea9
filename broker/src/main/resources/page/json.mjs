// Indentation of JSON. Pure.

const INDENT = '  ';

/** Deeper levels are indented like this one. Otherwise a deeply nested text would become mostly spaces. */
const MOST_LEVELS = 32;

const SPACES = new Set(' \t\n\r');
const SIGNS = new Set('{}[],:"');

/**
 * Returns a JSON text with one member or element per line, or null if the text is no JSON. The tokens stay as they are: a parsed
 * value has rounded numbers, and lacks names that occur twice.
 *
 * @param most characters of the result after which it may end
 */
export function indented(text, most) {
  if (!isJson(text)) {
    return null;
  }
  let out = '';
  let level = 0;
  let before = '';
  for (let at = 0; at < text.length && out.length <= most; ) {
    const token = tokenAt(text, at);
    at += token.length;
    if (SPACES.has(token)) {
      continue;
    }
    const closes = token === '}' || token === ']';
    const isInside = before === '{' || before === '[';
    level -= closes ? 1 : 0;
    out += (closes ? !isInside : isInside || before === ',') ? lineBreak(level) : '';
    out += token === ':' ? ': ' : token;
    level += token === '{' || token === '[' ? 1 : 0;
    before = token;
  }
  return out;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function lineBreak(level) {
  return `\n${INDENT.repeat(Math.min(level, MOST_LEVELS))}`;
}

/** Returns the token of a valid text that begins at an index. Each space counts as one. */
function tokenAt(text, start) {
  if (text[start] === '"') {
    return text.slice(start, endOfString(text, start));
  }
  let end = start + 1;
  if (!SIGNS.has(text[start]) && !SPACES.has(text[start])) {
    while (end < text.length && !SIGNS.has(text[end]) && !SPACES.has(text[end])) {
      end++;
    }
  }
  return text.slice(start, end);
}

function endOfString(text, start) {
  let end = start + 1;
  while (text[end] !== '"') {
    end += text[end] === '\\' ? 2 : 1;
  }
  return end + 1;
}
