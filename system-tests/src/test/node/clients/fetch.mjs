// Node's fetch, driven by RealClientsIT. Reads each request as a line of JSON from standard input and writes the
// response as a line of JSON to standard output. ScriptClient.java describes the lines.
import { createInterface } from 'node:readline';

const decode = (text) => Buffer.from(text, 'base64');

function bodyOf({ body, upload }, headers) {
  if (upload) {
    const form = new FormData();
    form.append('comment', upload.comment);
    form.append('file', new Blob([decode(upload.data)], { type: upload.type }), upload.name);
    return { body: form };
  }
  if (!body) return {};
  if (body.type) headers.append('Content-Type', body.type);
  // A string, as in most code. (Node 20 cannot resend bytes after a redirect.)
  if (body.type.startsWith('text/') && !body.chunked) return { body: decode(body.data).toString() };
  if (!body.chunked) return { body: decode(body.data) };
  // A stream of unknown length, in two parts: fetch sends it chunked.
  const bytes = decode(body.data);
  const half = bytes.length >> 1;
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
  return { body: stream, duplex: 'half' };
}

async function answerTo(request) {
  const headers = new Headers(request.headers);
  const response = await fetch(request.url, {
    method: request.method,
    redirect: request.follow ? 'follow' : 'manual',
    signal: AbortSignal.timeout(20_000),
    ...bodyOf(request, headers),
    headers,
  });
  return {
    status: response.status,
    url: response.url,
    headers: [...response.headers],
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer = {};
  if (!request.forget) answer = await answerTo(request).catch((error) => ({ error: `${error}: ${error.cause}` }));
  console.log(JSON.stringify(answer));
}
