// Compiled by "npm run build" and never run: each line that must not compile says so, and the build fails where one does.

import { type Changes, Connection, Kilograms, type LotFragment, Lotline, type Pages, TypedDocument } from '@lotline/client';
import * as documents from '@lotline/client/documents';

const client = new Lotline({ url: 'http://localhost:4000', token: async (expired) => expired ?? 'token' });

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};

export async function questions(): Promise<void> {
  const lot = await client.lot({ code: 'SOY-1' });
  // @ts-expect-error the lot may not be there
  lot.code;
  if (!lot) return;
  holds<Same<typeof lot.balance.onHand, Kilograms>>();
  holds<Same<typeof lot.code, string>>();
  holds<Same<typeof lot.producedOn, string | null>>();
  // @ts-expect-error a field that the schema does not have
  lot.colour;
  // @ts-expect-error masses are not added as numbers
  lot.balance.onHand + lot.balance.lost;
  lot.balance.onHand.add(lot.balance.lost);
  // @ts-expect-error what was answered is not changed
  lot.code = 'SOY-2';

  // @ts-expect-error the code is missing
  await client.lot({});
  // @ts-expect-error a lot is asked for by something
  await client.lot();
  // @ts-expect-error a variable that there is not
  await client.lot({ code: 'SOY-1', colour: 'green' });
  // @ts-expect-error a variable of another type
  await client.lot({ code: 1 });
  // @ts-expect-error a direction that there is not
  await client.trace({ code: 'SOY-1', direction: 'SIDEWAYS' });

  const viewer = await client.viewer();
  holds<Same<typeof viewer.kind, 'NOBODY' | 'OPERATION' | 'CERTIFIER' | 'PARTNER' | 'ANALYST' | 'ADMINISTRATOR'>>();
  await client.customsFiling({ importCertificate: 'id', kilograms: Kilograms.of(5) });
  await client.customsFiling({ importCertificate: 'id', kilograms: '5' });
  // @ts-expect-error a number may have lost a gram
  await client.customsFiling({ importCertificate: 'id', kilograms: 5 });
}

export async function pages(): Promise<void> {
  const lots = client.lots({ filter: { kinds: ['HARVEST'] } });
  for await (const lot of lots) holds<Same<typeof lot, LotFragment>>();
  const { totalCount } = await client.lots().page();
  holds<Same<typeof totalCount, number | null>>();
  // @ts-expect-error a filter that there is not
  client.lots({ filter: { colours: ['green'] } });
  // @ts-expect-error a value that a filter does not have
  client.lots({ filter: { kinds: ['FOUND'] } });
  for await (const { matched, node } of client.search({ text: 'SOY' })) if (node.__typename === 'Lot') matched + node.code;
  const holders = client.pages(documents.TraceHoldersDocument, ['lot', 'trace', 'holders'], { code: 'SOY-1', direction: 'FORWARD' });
  for await (const { held } of holders) holds<Same<typeof held, Kilograms>>();
}

export async function commands(): Promise<void> {
  const { lot, cursor } = await client.recordHarvest({
    producer: 'id',
    product: 'id',
    code: 'SOY-1',
    quantity: Kilograms.of('5.5').toQuantity(),
  });
  holds<Same<typeof cursor, string>>();
  holds<Same<typeof lot, LotFragment | null>>();
  await client.declineTransfer({ transferOffer: 'id', idempotencyKey: 'mine' });
  // @ts-expect-error the offer is missing
  await client.declineTransfer({});
  // @ts-expect-error something that the command does not take
  await client.declineTransfer({ transferOffer: 'id', colour: 'green' });
}

export async function changes(): Promise<void> {
  const stream = client.importCertificateStatusChanged({ filter: { statuses: ['ISSUED'] } }, { signal: AbortSignal.timeout(1000) });
  holds<Same<typeof stream.cursor, string | null>>();
  for await (const { to, importCertificate } of stream) {
    holds<Same<typeof importCertificate.remaining, Kilograms>>();
    // @ts-expect-error a status that there is not
    to === 'LOST';
  }
  // @ts-expect-error a filter that there is not
  client.importCertificateStatusChanged({ filter: { colours: ['green'] } });
  // @ts-expect-error it is no list
  const list: Pages<unknown> = stream;
  const any: Changes<unknown> = stream;
  void [list, any];
}

export async function documentsOfYourOwn(): Promise<void> {
  const connection = new Connection({ url: 'http://localhost:4000' });
  const document = new TypedDocument<{ lot: { code: string } | null }, { code: string; producer?: string | null }>(
    'query Code($code: String!, $producer: String) { lot(code: $code, producer: $producer) { code } }',
  );
  const { lot } = await connection.request(document, { code: 'SOY-1' }, { timeoutMs: 1000 });
  lot?.code;
  // @ts-expect-error a field that the document does not ask for
  lot?.kind;
  // @ts-expect-error a variable is missing
  await connection.request(document);
  // @ts-expect-error a variable is missing
  await connection.request(document, {});
  // @ts-expect-error one variable too many
  await connection.request(document, { code: 'SOY-1', colour: 'green' });
  // @ts-expect-error a text that knows no types
  await connection.request('{ viewer { kind } }');
  await connection.request(new TypedDocument<{ viewer: { kind: string } }, Record<string, never>>('{ viewer { kind } }'));
  const stream = connection.subscribe(documents.LotEventsDocument, { filter: { codes: ['SOY-1'] } });
  for await (const { change, cursor } of stream) void [change?.lot.code, cursor];
  // @ts-expect-error a filter that there is not
  connection.subscribe(documents.LotEventsDocument, { filter: { colours: ['green'] } });
}

// @ts-expect-error an address is needed
new Lotline({ token: 'token' });
