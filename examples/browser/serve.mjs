// Serves this folder, and passes what is asked of Lotline on, as from this page's own origin. Without that, a server that is started with
// CORS_ORIGINS=http://localhost:8080 may be asked by the page itself.
//   node serve.mjs        then open http://localhost:8080
import { readFile } from 'node:fs/promises';
import { request as ask, createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const { LOTLINE_URL = 'http://localhost:4000', PORT = '8080' } = process.env;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.mjs': 'text/javascript', '.js': 'text/javascript' };

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname.startsWith('/graphql')) {
    const { origin, ...headers } = request.headers;
    // Lotline is another origin than this page: what comes from this one is passed on as by a program.
    if (origin !== undefined && origin !== `http://${headers.host}`) {
      response.writeHead(403).end();
      return;
    }
    const upstream = ask(new URL(request.url, LOTLINE_URL), {
      method: request.method,
      headers: { ...headers, host: new URL(LOTLINE_URL).host },
    });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => response.writeHead(502).end());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
    return;
  }
  const file = normalize(pathname === '/' ? '/index.html' : pathname);
  try {
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(await readFile(join(HERE, file)));
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://localhost:${server.address().port}`));
