import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { page } from './page.mjs';

const { curlCommand, curlGaps, shellQuote } = await page('curl.mjs');

/** Runs the command in bash, with a curl that prints its arguments, one a line in JSON. */
function runs(command) {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  return execFileSync('bash', ['-c', script], { env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH } })
    .toString()
    .split('\0')
    .slice(0, -1);
}

const NASTY = [
  "it's",
  '$(touch /tmp/x)',
  '`id`',
  '!!',
  'a\nb',
  '\\',
  '\u001b[31m',
  '"',
  '-x',
  'grüße',
  '\u202eevil',
  "\u0007'\\n",
  '',
  '\u0085',
  '*',
];

test('bash reads back each text as it was', () => {
  for (const text of NASTY) {
    assert.deepEqual(runs(`curl ${shellQuote(text)}`), [text], JSON.stringify(text));
  }
});

test('no control character is in the quoted text', () => {
  for (const text of NASTY) {
    assert.doesNotMatch(shellQuote(text), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});

test('a request without captured content has method and path', () => {
  const account = { method: 'DELETE', path: "/a b'c" };
  assert.deepEqual(runs(curlCommand(account)), [
    '-i',
    '--globoff',
    '--path-as-is',
    '-X',
    'DELETE',
    "http://CLIENT_AGENT:8000/a b'c",
  ]);
  assert.match(curlGaps(account)[0], /not kept/);
});

const captured = (changes) => ({
  method: 'POST',
  path: '/x',
  captured: {
    request: { method: 'POST', url: '/x?y=1', headers: [], body: { text: '', bytes: 0, truncated: false }, ...changes },
  },
});

test('captured fields and body are in the command', () => {
  const account = captured({
    headers: [
      ['Host', 'in.example'],
      ['X-Forwarded-Host', 'api.example'],
      ['Content-Type', 'text/plain'],
      ['Content-Length', '5'],
      ['X-Empty', ''],
      ['Authorization', '•••'],
    ],
    body: { text: '@etc', bytes: 4, truncated: false },
  });
  assert.deepEqual(runs(curlCommand(account)).slice(5), [
    'http://CLIENT_AGENT:8000/x?y=1',
    '-H',
    'Host: api.example',
    '-H',
    'Content-Type: text/plain',
    '-H',
    'X-Empty;',
    '--data-raw',
    '@etc',
  ]);
  assert.deepEqual(curlGaps(account), ['Masked fields are left out: Authorization.']);
});

test('a stripped prefix is put back, and curl adds no content type', () => {
  const words = runs(
    curlCommand(captured({ headers: [['X-Forwarded-Prefix', '/api']], body: { text: 'a', bytes: 1, truncated: false } })),
  );
  assert.ok(words.includes('http://CLIENT_AGENT:8000/api/x?y=1'));
  assert.ok(words.includes('Content-Type:'));
});

test('a binary body comes through standard input', () => {
  const command = curlCommand(captured({ body: { base64: 'AAEC', bytes: 3, truncated: false } }));
  assert.match(command, /^base64 -d <<<'AAEC' \| curl /);
  assert.match(command, /--data-binary @-$/);
});

/** Returns what bash gives the command's curl as standard input, in bytes. */
function sent(command) {
  assert.match(command, /--data-binary @-$/);
  return execFileSync('bash', ['-s'], { input: `curl() { cat; }\n${command}\n`, maxBuffer: 10_000_000 });
}

test('a body with NUL comes through standard input, complete', () => {
  const text = 'a\0b\nß\n';
  assert.equal(sent(curlCommand(captured({ body: { text, bytes: 8, truncated: false } }))).toString(), text);
});

test('a body that is too long for an argument comes through standard input, complete', () => {
  const text = 'ß'.repeat(100_000);
  const command = curlCommand(captured({ body: { text, bytes: 200_000, truncated: false } }));
  assert.equal(sent(command).toString(), text);
});

test('the longest body that is an argument is short enough for Linux, whatever it contains', () => {
  for (const text of ['x'.repeat(100_000), "'".repeat(100_000), '\u001b'.repeat(100_000), 'ß'.repeat(50_000)]) {
    const command = curlCommand(captured({ body: { text, bytes: 100_000, truncated: false } }));
    assert.match(command, /--data-raw /);
    const script = `curl() { /bin/echo "\${@: -1}" | wc -c; }\n${command}\n`;
    assert.equal(execFileSync('bash', ['-s'], { input: script }).toString().trim(), '100001');
  }
});

test('a long masked body says that it must be decoded', () => {
  const text = `{"password":"•••","x":"${'x'.repeat(100_000)}"}`;
  const account = captured({ body: { text, bytes: 100_026, truncated: false } });
  assert.equal(sent(curlCommand(account)).toString(), text);
  assert.match(curlGaps(account).join(), /decode it from base64/);
});

test('a truncated body is left out', () => {
  const account = captured({ body: { text: 'half', bytes: 9000, truncated: true } });
  assert.doesNotMatch(curlCommand(account), /half/);
  assert.match(curlGaps(account).join(), /not kept completely/);
});

test('a masked body says that its secrets must be put in', () => {
  const text = '{"user":"ann","password":"•••"}';
  const account = captured({ body: { text, bytes: 33, truncated: false } });
  assert.deepEqual(runs(curlCommand(account)).slice(-2), ['--data-raw', text]);
  assert.deepEqual(curlGaps(account), ['Replace ••• in the body: its secrets are masked.']);
});

test('a masked body that was truncated is only left out', () => {
  const account = captured({ body: { text: '{"password":"•••"', bytes: 9000, truncated: true } });
  assert.deepEqual(curlGaps(account), ['The body was not kept completely, so the command has none.']);
});

test('a path that was cut or masked must be completed', () => {
  const notKept = 'Query, header fields and body are not kept, so the command lacks them.';
  assert.deepEqual(curlGaps({ path: '/a;sid=•••/b…' }), [
    'The path is not kept completely: replace … by its end.',
    'Replace ••• in the URL: the value is masked.',
    notKept,
  ]);
  assert.deepEqual(curlGaps({ path: '/a' }), [notKept]);
});
