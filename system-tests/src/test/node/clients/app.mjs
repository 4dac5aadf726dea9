// The Express app of RealClientsIT, with one route for each common use of Express. The same request always gets
// the same response, so that a direct call and one through the relay can be compared.
// The app prints "ready: URL" and ends when its standard input ends, so it never outlives its parent process.
import { createHash } from 'node:crypto';
import express from 'express';
import session from 'express-session';
import multer from 'multer';

const app = express();
app.set('query parser', 'extended');
app.use(session({ name: 'sid', secret: 'of a test', resave: false, saveUninitialized: false }));

const html = (title, content) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>${title}</title>${content}</html>`;
const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Binary data that is not valid text in any encoding; the same bytes for the same size. */
function blob(size) {
  const bytes = Buffer.alloc(size);
  let state = 42;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

// ---- The request as received ----

const anyBody = express.raw({ type: () => true, limit: '2mb' });

app.all('/inspect', anyBody, (req, res) => {
  res.json({
    method: req.method,
    url: req.originalUrl,
    headers: req.rawHeaders.reduce((all, text, i) => (i % 2 ? all.at(-1).push(text) : all.push([text]), all), []),
    body: Buffer.isBuffer(req.body) ? req.body.toString('base64') : null,
  });
});

app.get('/query', (req, res) => res.json(req.query));

// ---- Pages, forms, sessions ----

app.get('/', (req, res) =>
  res.send(
    html(
      'Guest book',
      `<form id="guest" method="post" action="/guestbook"><input name="name"><textarea name="note"></textarea>
       <button>Sign</button></form>
       <form id="login" method="post" action="/login"><input name="user"><button>Log in</button></form>
       <form id="logout" method="post" action="/logout"><button>Log out</button></form>
       <form id="upload" method="post" action="/upload" enctype="multipart/form-data"><input name="comment">
       <input type="file" name="file"><button>Send</button></form>
       <a id="download" href="/download">The table</a>`,
    ),
  ),
);

const form = express.urlencoded({ extended: false });

app.post('/guestbook', form, (req, res) =>
  res.redirect(303, `/thanks?${new URLSearchParams({ name: req.body.name, note: req.body.note })}`),
);

app.get('/thanks', (req, res) =>
  res.send(html('Thanks', `<h1>Thank you, ${escaped(req.query.name)}</h1><pre>${escaped(req.query.note)}</pre>`)),
);

app.post('/login', form, (req, res, next) =>
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = req.body.user;
    return res.redirect('/me');
  }),
);

app.get('/me', (req, res) => {
  if (!req.session.user) {
    res.status(401).json({ error: 'log in first' });
    return;
  }
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.json({ user: req.session.user, visits: req.session.visits });
});

app.post('/logout', (req, res, next) =>
  req.session.destroy((error) => {
    if (error) return next(error);
    return res.clearCookie('sid').redirect('/me');
  }),
);

app.get('/cookies', (req, res) =>
  res
    .cookie('plain', '1')
    .cookie('whole', 'a b', { path: '/', httpOnly: true, sameSite: 'lax', expires: new Date('2100-01-01') })
    .append('Set-Cookie', 'odd=a=b==; Path=/cookies')
    .json(req.headers.cookie ?? null),
);

// ---- Redirects ----

app.get('/redirect/:left', (req, res) => {
  const left = Number(req.params.left);
  res.redirect(left > 1 ? `/redirect/${left - 1}` : '/article');
});
// Reads the content before redirecting: Java's HttpClient may follow an early redirect before it has sent everything.
app.all('/moved/:status', anyBody, (req, res) => res.redirect(Number(req.params.status), '/inspect'));
app.get('/absolute', (req, res) => res.redirect(`http://${req.headers.host}/article`));

// ---- Content ----

app.get('/article', (req, res) => res.send(html('Article', '<p>Größe, 尺寸, 🙂</p>'.repeat(200))));
app.get('/blob/:size', (req, res) => res.type('application/octet-stream').send(blob(Number(req.params.size))));
app.get('/download', (req, res) => {
  res.attachment(req.query.name ?? 'Übersicht 2024.csv');
  res.send('Stück;Preis\n1;2,50 €\n');
});
app.get('/negotiated', (req, res) =>
  res.format({
    'text/html': () => res.send('<b>html</b>'),
    'application/json': () => res.json({ kind: 'json' }),
  }),
);

app.get('/chunks', async (req, res) => {
  res.type('text/plain');
  for (const part of ['one ', 'two ', '', 'three']) {
    res.write(part);
    await new Promise((resolve) => setImmediate(resolve));
  }
  res.end();
});

app.get('/fields', (req, res) => {
  res.append('X-Multi', 'a').append('X-Multi', 'b, c').append('Link', '</a>; rel="next"').append('Link', '</b>; rel="prev"');
  res.set('X-Empty', '').set('X-Latin', 'caf\u00e9');
  res.end();
});

app.all('/status/:status', (req, res) => {
  const status = Number(req.params.status);
  if (status === 429 || status === 503) res.set('Retry-After', '7');
  if (status === 401) res.set('WWW-Authenticate', 'Basic realm="app"');
  res.status(status).send(`this is ${status}`);
});
app.get('/broken', () => {
  throw new Error('as asked');
});

// ---- Uploads ----

const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 1024 * 1024 } });

app.post('/upload', upload.single('file'), (req, res) =>
  res.json({
    comment: req.body.comment,
    name: Buffer.from(req.file.originalname, 'latin1').toString(),
    type: req.file.mimetype,
    size: req.file.size,
    sha256: sha256(req.file.buffer),
  }),
);
app.put('/raw', anyBody, (req, res) => res.json({ size: req.body.length, sha256: sha256(req.body) }));

// ---- A JSON API, open to pages from elsewhere ----

const items = new Map();
const api = express.Router();
api.use(express.json({ limit: '2mb' }));
api.use((req, res, next) => {
  res.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': '*', 'Access-Control-Allow-Headers': '*' });
  if (req.method === 'OPTIONS' && req.headers['access-control-request-method']) res.status(204).end();
  else next();
});
api.post('/items', (req, res) => {
  if (items.has(req.body.id)) {
    res.status(409).json({ error: 'is there' });
    return;
  }
  items.set(req.body.id, req.body);
  res.status(201).location(`/api/items/${req.body.id}`).json(req.body);
});
api
  .route('/items/:id')
  .all((req, res, next) => (items.has(req.params.id) ? next() : res.status(404).json({ error: 'is not there' })))
  .get((req, res) => res.json(items.get(req.params.id)))
  .put((req, res) => {
    items.set(req.params.id, req.body);
    res.json(req.body);
  })
  .patch((req, res) => {
    items.set(req.params.id, { ...items.get(req.params.id), ...req.body });
    res.json(items.get(req.params.id));
  })
  .delete((req, res) => {
    items.delete(req.params.id);
    res.status(204).end();
  });
app.use('/api', api);

const server = app.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on('end', () => process.exit(0));
