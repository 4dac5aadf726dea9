// A browser, driven by RealClientsIT. Reads {"url", "elsewhere", "story"} as a line of JSON from standard input and
// writes the story's result as a line of JSON to standard output. Each story runs in a profile of its own.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const PATIENCE_MS = 20_000;
const PATIENCE_FOR_A_STORY_MS = 60_000;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Runs fetch in the page and returns its result. */
const fetched = (page, url, options) =>
  page.evaluate(
    async ([address, init]) => {
      const response = await fetch(address, init);
      const bytes = await response.arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return {
        status: response.status,
        path: new URL(response.url).pathname,
        redirected: response.redirected,
        // Without fields that differ between connections or moments, as in Transcript.java.
        headers: Object.fromEntries(
          [...response.headers].filter(
            ([name]) =>
              !/^(connection|content-length|date|keep-alive|longcut-request-id|transfer-encoding|via)$/.test(name),
          ),
        ),
        text: bytes.byteLength < 2000 ? new TextDecoder().decode(bytes) : undefined,
        size: bytes.byteLength,
        sha256: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
      };
    },
    [url, options],
  );

const bodyOf = (page) => page.locator('body').innerText();

/** Runs an action that leads to another page, and waits until that page has loaded. */
async function leaving(page, act) {
  const [response] = await Promise.all([page.waitForNavigation(), act()]);
  return response;
}

const stories = {
  // ---- nginx ----

  async page(page) {
    await page.goto('/index.html');
    const look = () =>
      page.evaluate(() => ({
        title: document.title,
        heading: document.querySelector('h1').textContent,
        color: getComputedStyle(document.querySelector('h1')).color,
        script: document.getElementById('script').textContent,
        pictures: [...document.images].map((image) => image.naturalWidth),
      }));
    const first = await look();
    await page.reload();
    return { first, second: await look() };
  },

  async link(page) {
    await page.goto('/index.html');
    await leaving(page, () => page.getByText('The documents').click());
    const there = { path: new URL(page.url()).pathname, title: await page.title() };
    await page.goBack();
    return { there, back: await page.title() };
  },

  async missing(page) {
    const response = await page.goto('/not/there');
    return { status: response.status(), text: await bodyOf(page) };
  },

  async files(page) {
    await page.goto('/docs/');
    const whole = await fetched(page, '/mebibyte.bin');
    return {
      whole,
      part: await fetched(page, '/mebibyte.bin', { headers: { Range: 'bytes=1000-1999' } }),
      same: await fetched(page, '/mebibyte.bin', {
        headers: { 'If-None-Match': whole.headers.etag },
        cache: 'no-store',
      }),
      compressed: await fetched(page, '/long.txt'),
    };
  },

  async many(page) {
    await page.goto('/docs/');
    const all = await Promise.all([...Array(40).keys()].map((i) => fetched(page, `/picture.svg?${i}`)));
    return all.map(({ status, sha256: hash }) => `${status} ${hash}`);
  },

  async password(page, { url, context }) {
    await page.goto('/docs/');
    // With credentials, the browser would ask its user for a password.
    const without = await fetched(page, '/private/index.html', { credentials: 'omit' });
    const known = await context.browser().newContext({
      baseURL: url,
      httpCredentials: { username: 'ada', password: 'böse Passphrase' },
    });
    const other = await known.newPage();
    const response = await other.goto('/private/index.html');
    const title = await other.title();
    await known.close();
    return { without: without.status, with: response.status(), title };
  },

  // ---- Express ----

  async form(page) {
    await page.goto('/');
    await page.fill('#guest [name=name]', 'Jürgen & Co <b>');
    await page.fill('#guest [name=note]', 'two\nlines, 尺寸 🙂');
    const response = await leaving(page, () => page.click('#guest button'));
    const thanks = { text: await bodyOf(page), address: new URL(page.url()).pathname };
    const redirectedFrom = response.request().redirectedFrom();
    const reloaded = await page.reload();
    await page.goBack();
    return {
      posted: redirectedFrom.method(),
      answered: (await redirectedFrom.response()).status(),
      thanks,
      reloaded: `${reloaded.request().method()} ${reloaded.status()}`,
      back: await page.title(),
    };
  },

  async session(page, { context }) {
    const before = await page.goto('/me');
    await page.goto('/');
    await page.fill('#login [name=user]', 'ada');
    await leaving(page, () => page.click('#login button'));
    const first = await bodyOf(page);
    const cookies = (await context.cookies()).map(({ name, path, httpOnly, secure, expires }) => ({
      name,
      path,
      httpOnly,
      secure,
      expires,
    }));
    await page.reload();
    const second = await bodyOf(page);
    const visible = await page.evaluate(() => document.cookie);
    await page.goto('/');
    const after = await leaving(page, () => page.click('#logout button'));
    return {
      before: before.status(),
      first: JSON.parse(first),
      second: JSON.parse(second),
      cookies,
      visible,
      after: after.status(),
      left: (await context.cookies()).length,
    };
  },

  async upload(page) {
    await page.goto('/');
    await page.fill('#upload [name=comment]', 'grüße');
    const buffer = Buffer.alloc(300_000, 'not quite random ');
    await page.setInputFiles('#upload [name=file]', { name: 'täble.bin', mimeType: 'application/x-table', buffer });
    await leaving(page, () => page.click('#upload button'));
    return { sent: sha256(buffer), reported: JSON.parse(await bodyOf(page)) };
  },

  async download(page) {
    await page.goto('/');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const content = await readFile(await download.path());
    return { name: download.suggestedFilename(), content: content.toString() };
  },

  async api(page) {
    await page.goto('/');
    const send = (method, path, body) =>
      fetched(page, path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    return {
      created: await send('POST', '/api/items', { id: 'b-1', name: 'Größe' }),
      again: await send('POST', '/api/items', { id: 'b-1' }),
      patched: await send('PATCH', '/api/items/b-1', { price: 2.5 }),
      put: await send('PUT', '/api/items/b-1', { id: 'b-1' }),
      read: await fetched(page, '/api/items/b-1'),
      deleted: await fetched(page, '/api/items/b-1', { method: 'DELETE' }),
      gone: await fetched(page, '/api/items/b-1'),
    };
  },

  /** A page of another origin: the browser asks with OPTIONS before it sends. */
  async crossOrigin(page, { url, elsewhere }) {
    await page.goto(`${elsewhere}/docs/`);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Custom': '1' } };
    const created = await fetched(page, `${url}/api/items`, { ...init, body: '{"id":"x-1"}' });
    const deleted = await fetched(page, `${url}/api/items/x-1`, { method: 'DELETE' });
    // Without CORS headers, a page of another origin may not read the response.
    const forbidden = await fetched(page, `${url}/article`).then(
      () => 'read',
      () => 'not read',
    );
    return { created: created.status, text: created.text, deleted: deleted.status, forbidden };
  },

  async redirects(page) {
    const response = await page.goto('/redirect/5');
    const chain = [];
    for (let request = response.request(); request; request = request.redirectedFrom()) {
      chain.unshift(`${(await request.response()).status()} ${new URL(request.url()).pathname}`);
    }
    const kept = await fetched(page, '/moved/307', { method: 'POST', body: 'kept' });
    return { chain, keptIn: kept.path, kept: JSON.parse(kept.text).body };
  },

  async content(page) {
    const response = await page.goto('/article');
    return {
      text: (await bodyOf(page)).slice(0, 20),
      status: response.status(),
      etag: await response.headerValue('etag'),
      large: await fetched(page, '/blob/1048576'),
      chunks: await fetched(page, '/chunks'),
      error: await fetched(page, '/broken'),
      none: await fetched(page, '/status/204'),
    };
  },
};

async function run(browser, { url, elsewhere, story }) {
  const context = await browser.newContext({ baseURL: url });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    const vias = [];
    context.on('response', (response) => {
      // Responses from the browser's cache have the Via of the earlier response.
      if (response.url().startsWith(url)) vias.push(response.headerValue('via').catch(() => 'unknown'));
    });
    const seen = await stories[story](page, { url, elsewhere, context });
    const relayed = (await Promise.all(vias)).filter((via) => via !== 'unknown').map((via) => via !== null);
    return { seen, relayed: [...new Set(relayed)] };
  } finally {
    await context.close();
  }
}

const [executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    // The tests may run as root, where Chromium's sandbox does not work; it opens nothing but their pages.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-proxy-server',
  ],
});
console.log(JSON.stringify({ version: browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  // Scripts in a page have no time limit of their own.
  const late = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_FOR_A_STORY_MS, { error: `the story took longer than ${PATIENCE_FOR_A_STORY_MS} ms` }).unref();
  });
  const answer = await Promise.race([
    run(browser, JSON.parse(line)).catch((error) => ({ error: error.stack })),
    late,
  ]);
  console.log(JSON.stringify(answer));
}
await browser.close();
