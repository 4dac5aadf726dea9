// The curl command of a request. Pure. Everything in it comes from a caller, so all of it is quoted.

import { MASKED } from './format.mjs';

/** End of a path that was cut. */
const CUT = '…';

/** Address of the client agent, which a broker does not know. */
export const CLIENT_AGENT = 'http://CLIENT_AGENT:8000';

/** Longest body that is an argument, in bytes without quotes and escapes. Linux allows 128 KiB. */
const LONGEST_ARGUMENT = 100_000;

const BASE64_PIECE = 0x8000;

/** Fields that curl or the client agent sets, or that belong to one connection. */
const LEFT_OUT = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-prefix',
]);

/**
 * Quotes a text as one word of bash. A text with control characters becomes `$'…'`, which keeps them from the terminal.
 *
 * @param text without NUL, which no word of bash can have
 */
export function shellQuote(text) {
  if (!/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(text)) {
    return `'${text.replaceAll("'", "'\\''")}'`;
  }
  const escaped = [...text].map((char) => {
    if (char === '\\' || char === "'") {
      return `\\${char}`;
    }
    const code = char.codePointAt(0);
    if (code === 10) {
      return '\\n';
    }
    if (code < 32 || code === 127) {
      return `\\x${code.toString(16).padStart(2, '0')}`;
    }
    return /[\u0080-\u009f\u2028-\u202e\u2066-\u2069]/.test(char) ? `\\u${code.toString(16).padStart(4, '0')}` : char;
  });
  return `$'${escaped.join('')}'`;
}

/**
 * Returns the command that sends a request again through a client agent, as several lines. It needs bash and, if the body comes
 * through standard input, `base64` with the option `-d`.
 */
export function curlCommand(account) {
  const request = account.captured?.request;
  const method = request?.method ?? account.method;
  const fields = request?.headers ?? [];
  const prefix = valueOf(fields, 'x-forwarded-prefix') ?? '';
  const url = `${CLIENT_AGENT}${prefix}${request?.url ?? account.path}`;
  const words = [
    `curl -i --globoff --path-as-is ${method === 'HEAD' ? '--head' : `-X ${shellQuote(method)}`} ${shellQuote(url)}`,
  ];
  const host = valueOf(fields, 'x-forwarded-host');
  if (host !== undefined && host !== MASKED) {
    words.push(`-H ${shellQuote(`Host: ${host}`)}`);
  }
  for (const [name, value] of fields) {
    if (!LEFT_OUT.has(name.toLowerCase()) && !value.includes(MASKED)) {
      words.push(`-H ${shellQuote(value === '' ? `${name};` : `${name}: ${value}`)}`);
    }
  }
  return bodyOf(request, fields, words).join(' \\\n  ');
}

function bodyOf(request, fields, words) {
  const body = request?.body;
  if (!body || !(body.bytes > 0) || body.truncated) {
    return words;
  }
  if (valueOf(fields, 'content-type') === undefined) {
    words.push("-H 'Content-Type:'"); // otherwise curl adds one
  }
  const base64 = base64Of(body);
  if (base64 !== undefined) {
    words.push('--data-binary @-');
    words[0] = `base64 -d <<<'${base64}' | ${words[0]}`;
  } else {
    words.push(`--data-raw ${shellQuote(body.text ?? '')}`);
  }
  return words;
}

/** Returns a body in base64 if it cannot be an argument: it is binary, contains NUL, or is too long. Otherwise undefined. */
function base64Of(body) {
  if (body.base64 !== undefined) {
    return body.base64;
  }
  const text = body.text ?? '';
  const bytes = new TextEncoder().encode(text);
  return text.includes('\0') || bytes.length > LONGEST_ARGUMENT ? encoded(bytes) : undefined;
}

function encoded(bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += BASE64_PIECE) {
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + BASE64_PIECE)));
  }
  return btoa(pieces.join(''));
}

function valueOf(fields, name) {
  return fields.find(([each]) => each.toLowerCase() === name)?.[1];
}

/** Returns what the command lacks, as sentences. */
export function curlGaps(account) {
  const gaps = [];
  const request = account.captured?.request;
  const url = request?.url ?? account.path;
  if (url.endsWith(CUT)) {
    gaps.push(`The path is not kept completely: replace ${CUT} by its end.`);
  }
  if (url.includes(MASKED)) {
    gaps.push(`Replace ${MASKED} in the URL: the value is masked.`);
  }
  if (!request) {
    gaps.push('Query, header fields and body are not kept, so the command lacks them.');
  } else {
    const masked = request.headers.filter(([, value]) => value.includes(MASKED)).map(([name]) => name);
    if (masked.length > 0) {
      gaps.push(`Masked fields are left out: ${masked.join(', ')}.`);
    }
    if (request.body?.truncated) {
      gaps.push('The body was not kept completely, so the command has none.');
    } else if ((request.body?.text ?? '').includes(MASKED)) {
      gaps.push(
        base64Of(request.body) === undefined
          ? `Replace ${MASKED} in the body: its secrets are masked.`
          : `The body has masked secrets: decode it from base64, replace ${MASKED}, and encode it again.`,
      );
    }
  }
  return gaps;
}
