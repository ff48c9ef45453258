import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { startProxy } from '../support/proxy';

// Stock clients, cut again and again while lots are recorded: with the last cursor in their variables they hear of each lot once.

const QUERY = 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { lot { code } } } }';
const CUTS = 6;
const LOTS_EACH = 5;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 50 });
  await lotline.import({
    'operations.csv': csv([{ operation: 'C:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
afterAll(() => lotline.close());

interface Hearing {
  next: (result: any) => void;
  error: (error: unknown) => void;
  complete: () => void;
}
/** Begins to listen with a stock client; what comes back ends it. */
type Listen = (port: number, asked: { query: string; variables: Record<string, unknown> }, token: string, hearing: Hearing) => () => void;

const CLIENTS: [name: string, listen: Listen][] = [
  [
    'graphql-ws',
    (port, asked, token, hearing) => {
      const client = createWsClient({
        url: `ws://127.0.0.1:${port}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token}` },
        retryAttempts: 1000,
        retryWait: () => sleep(20),
        shouldRetry: () => true,
      });
      client.subscribe(asked, hearing);
      return () => void client.dispose();
    },
  ],
  [
    'graphql-sse',
    (port, asked, token, hearing) => {
      const client = createSseClient({
        url: `http://127.0.0.1:${port}/graphql/stream`,
        headers: { authorization: `Bearer ${token}` },
        retryAttempts: 1000,
        retry: () => sleep(20),
      });
      client.subscribe(asked, hearing);
      return () => client.dispose();
    },
  ],
];

test.each(CLIENTS)('%s resumes without loss or double', async (name, listen) => {
  const proxy = await startProxy(lotline.server.port);
  const variables: Record<string, unknown> = { after: (await lotline.ask('{ viewer { kind } }')).extensions!.cursor };
  const heard: string[] = [];
  const failures: unknown[] = [];
  let messages = 0;
  const stop = listen(proxy.port, { query: QUERY, variables }, await lotline.token('analyst'), {
    next: ({ data, errors }) => {
      if (errors) failures.push(...errors);
      const { cursor, change } = data.lotEvents;
      variables.after = cursor;
      messages++;
      if (change) heard.push(change.lot.code);
    },
    error: (error) => failures.push(error),
    complete: () => {},
  });
  const codes: string[] = [];
  for (let cut = 0; cut < CUTS; cut++) {
    for (let lot = 0; lot < LOTS_EACH; lot++) {
      const code = `${name}-${cut}-${lot}`;
      codes.push(code);
      await lotline.import({
        'lots.csv': csv([{ code, producer: 'C:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
      });
      if (lot === cut % LOTS_EACH) proxy.cut();
    }
    // Cut also while it is live and quiet.
    const before = messages;
    for (const last = Date.now() + 3000; messages === before && Date.now() < last; ) await sleep(10);
  }
  for (const last = Date.now() + 10_000; heard.length < codes.length && Date.now() < last; ) await sleep(20);
  await sleep(150);
  stop();
  expect(heard).toEqual(codes);
  expect(failures).toEqual([]);
  expect(proxy.made).toBeGreaterThan(CUTS / 2);
  await proxy.close();
});
