import { ADMINISTRATOR } from '@lotline/server/access';
import { importFolder } from '@lotline/server/import';
import { type Subscriber, subscribe } from '../support/live';
import { type Lotline, startLotline } from '../support/lotline';

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
});
afterAll(() => lotline.close());

test('x', async () => {
  const FEEDS = {
    certificates:
      'subscription ($after: Cursor) { importCertificateStatusChanged(after: $after) { cursor sequence change { at from to reason importCertificate { number status } } } }',
    standings:
      'subscription ($after: Cursor) { operationCertificateStatusChanged(after: $after) { cursor sequence change { at from to effectiveFrom reason operationCertificate { operation { name } } } } }',
    shipments:
      'subscription ($after: Cursor) { shipmentStatusChanged(after: $after) { cursor sequence change { at from to reason place { unLocode } shipment { reference } } } }',
    lots: 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { at kind on kilograms from { name } to { name } shipment { reference } lot { code } } } }',
  };
  const subs: Record<string, Subscriber> = {};
  for (const [name, query] of Object.entries(FEEDS)) subs[name] = await subscribe(lotline, { query });
  for (const folder of ['soybeans', 'coffee']) await importFolder(lotline.runner, ADMINISTRATOR, `${__dirname}/../../samples/${folder}`);
  for (const [name, sub] of Object.entries(subs)) {
    await sub.abreast();
    console.log(name, sub.messages.length, JSON.stringify(sub.changes.slice(0, 12), null, 0), sub.errors);
    await sub.close();
  }
  console.log(
    await lotline.database.query('select position, name, (select count(*) from event where command=c.id) n from command c order by 1'),
  );
}, 60000);
