import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createDatabase } from '../support/lotline';
import { Receiver } from '../support/receiver';

// Whoever collects the log knows its fields from docs/telemetry.md: each line of a server that lived is held against the table there.

const DOCS = readFileSync(join(__dirname, '..', '..', 'docs', 'telemetry.md'), 'utf8');

/** Fields of the table, and the lines that they are in. */
function documented(): Map<string, string> {
  const table = DOCS.slice(DOCS.indexOf('## Log'), DOCS.indexOf('## `lotline doctor`'));
  const rows = [...table.matchAll(/^\| (`.+?) \| (.+?) \|/gm)];
  return new Map(rows.flatMap(([, names, where]) => [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, where!] as const)));
}

test('every line that a server writes has the documented fields and no others', async () => {
  const database = await createDatabase();
  const collector = await new Receiver().start();
  collector.answer = () => ({ status: 200 });
  const directory = mkdtempSync(join(tmpdir(), 'lotline-log-'));
  const child = spawn(process.execPath, [join(__dirname, '..', '..', 'server', 'dist', 'main.js')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      DATA_DIR: directory,
      PORT: '0',
      METRICS_PORT: '0',
      LOTLINE_DEMO: 'yes',
      LOTLINE_SAMPLES: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  try {
    const reader = createInterface({ input: child.stdout });
    const ready = new Promise<Record<string, string>>((done) =>
      reader.on('line', (text) => {
        const line = JSON.parse(text);
        lines.push(line);
        if (line.msg === 'ready') done(line);
      }),
    );
    const { url, metrics, tokens } = await ready;
    const token = JSON.parse(readFileSync(tokens!, 'utf8')).analyst as string;
    const ask = (query: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
    const answer = await ask('{ lots(first: 1) { nodes { id } } }', { authorization: `Bearer ${token}` });
    const requestId = answer.headers.get('x-request-id');
    const { extensions } = (await answer.json()) as { extensions: { cost: { requested: number } } };
    await ask('{ nothing }');
    await fetch(`${url}/graphql?query=%7Bsecret%7D`);
    await fetch(`${url}/readyz`);
    // Reading metrics is no request of the server's own port, and of the log.
    expect((await fetch(metrics!)).status).toBe(200);
    expect((await fetch(metrics!.replace(/:\d+/, `:${new URL(url!).port}`))).status).toBe(404);
    child.kill('SIGTERM');
    await once(child, 'exit');

    const known = documented();
    for (const line of lines)
      for (const field of Object.keys(line)) expect([line.msg, field, known.has(field)]).toEqual([line.msg, field, true]);
    const always = ['level', 'time', 'msg'];
    for (const line of lines) expect(Object.keys(line)).toEqual(expect.arrayContaining(always));
    // Words that are fixed hold no address and no number.
    for (const { msg } of lines) expect(msg).not.toMatch(/\d|\/\//);
    const answered = lines.find(({ reqId, msg }) => reqId === requestId && msg === 'answered')!;
    expect(answered).toMatchObject({
      level: 30,
      time: expect.stringMatching(/Z$/),
      method: 'POST',
      path: '/graphql',
      status: 200,
      ms: expect.any(Number),
      viewer: 'ANALYST',
      cost: extensions.cost.requested,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    for (const msg of ['answered', 'ready', 'stopping: what is in flight is finished first']) {
      const seen = new Set(lines.filter((line) => line.msg === msg).flatMap((line) => Object.keys(line)));
      const meant = [...known].filter(([, where]) => where.includes(`\`${msg}\``)).map(([name]) => name);
      for (const name of meant) expect([msg, name, seen.has(name)]).toEqual([msg, name, true]);
    }
    const written = JSON.stringify(lines);
    expect(written).not.toContain(token);
    expect(written).not.toContain('secret');
    expect(collector.received.some(({ body }) => body.includes(String(answered.traceId)))).toBe(true);
  } finally {
    child.kill('SIGKILL');
    await collector.stop();
    await database.drop();
    rmSync(directory, { recursive: true, force: true });
  }
});
