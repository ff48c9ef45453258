import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { startProxy } from '../support/proxy';

// The stock client of graphql-sse, cut again and again while lots are recorded: with the last cursor in its variables it hears of each lot
// once. The clients for WebSocket are in docs/recipes, and run in recipes.test.ts.

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

test('graphql-sse resumes without loss or double', async () => {
  const proxy = await startProxy(lotline.server.port);
  const variables: Record<string, unknown> = { after: (await lotline.ask('{ viewer { kind } }')).extensions!.cursor };
  const heard: string[] = [];
  const failures: unknown[] = [];
  let messages = 0;
  const client = createClient({
    url: `http://127.0.0.1:${proxy.port}/graphql/stream`,
    headers: { authorization: `Bearer ${await lotline.token('analyst')}` },
    retryAttempts: 1000,
    retry: () => sleep(20),
  });
  client.subscribe<any>(
    { query: QUERY, variables },
    {
      next: ({ data, errors }) => {
        if (errors) failures.push(...errors);
        const { cursor, change } = data.lotEvents;
        variables.after = cursor;
        messages++;
        if (change) heard.push(change.lot.code);
      },
      error: (error) => failures.push(error),
      complete: () => {},
    },
  );
  const codes: string[] = [];
  for (let cut = 0; cut < CUTS; cut++) {
    for (let lot = 0; lot < LOTS_EACH; lot++) {
      const code = `LOT-${cut}-${lot}`;
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
  client.dispose();
  expect(heard).toEqual(codes);
  expect(failures).toEqual([]);
  expect(proxy.made).toBeGreaterThan(CUTS / 2);
  await proxy.close();
});
