import { type As, csv, fingerprint, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// How an organic import goes, from the request to the verified arrival and the importer's records: every sentence of the trade's own account of it is a row, done by
// whoever it names, through the graph. Before each step everybody else tries it, and is refused.

const [FARM, EXPORTER, IMPORTER, CONSIGNEE] = ['9990300001', '9990300002', '9990300003', '9990300004'] as const;
const [BROKER, CARRIER] = ['BROKER:WALK', 'CARRIER:WALK'] as const;
/** Of farm and exporter one certifying agent, of importer and consignee another. */
const [ABROAD, AT_HOME] = ['WA1', 'WA2'] as const;
const [CHERRIES, COFFEE, DECAF] = ['Organic coffee cherries', 'Organic green coffee', 'Organic green coffee, washed'];
const NUMBER = certificateNumber(77, 1);

const WHO: Record<string, As> = {
  farm: { operation: FARM },
  exporter: { operation: EXPORTER },
  importer: { operation: IMPORTER },
  consignee: { operation: CONSIGNEE },
  broker: { operation: BROKER },
  carrier: { operation: CARRIER },
  "the exporter's certifier": { certifier: ABROAD },
  "the importer's certifier": { certifier: AT_HOME },
  analyst: 'analyst',
  nobody: 'nobody',
};
type Role = keyof typeof WHO;

let lotline: Lotline;
const ids: Record<string, string> = {};
let keys = 0;
let refusals = 0;

const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const TODAY = daysAgo(0);
const inDays = (days: number): string => daysAgo(-days);
const kilograms = (value: number) => ({ value: String(value), unit: 'KGM' });

const query = (command: string, answer: string) => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  return `mutation ($input: ${type}) { ${command}(input: $input) { cursor ${answer} } }`;
};
const give = (role: Role, command: string, input: object, answer = '') =>
  lotline.ask(query(command, answer), { input: { idempotencyKey: `walk-${++keys}`, ...input } }, WHO[role]!);

/** A step by whoever it belongs to, after all the others have tried it: each is refused, and nothing is changed by that. */
async function step(role: Role, command: string, input: object, answer = '', also: readonly Role[] = []): Promise<any> {
  const before = await fingerprint(lotline.database);
  for (const other of Object.keys(WHO)) {
    if (other === role || also.includes(other)) continue;
    const { errors } = await give(other, command, input, answer);
    const codes = errors?.map(({ extensions }) => extensions.code) ?? ['nothing'];
    expect({ command, other, codes }).toEqual({
      command,
      other,
      codes: [expect.stringMatching(/^(FORBIDDEN|NOT_FOUND|UNAUTHENTICATED)$/)],
    });
    refusals++;
  }
  expect(await fingerprint(lotline.database)).toBe(before);
  const { data, errors } = await give(role, command, input, answer);
  if (errors) throw new Error(`${command} by the ${role}: ${JSON.stringify(errors)}`);
  return data[command];
}

/** The one reason why a step is refused to whoever it belongs to. */
async function refused(role: Role, command: string, input: object): Promise<{ code: string; rule: string | undefined; message: string }[]> {
  const before = await fingerprint(lotline.database);
  const { errors } = await give(role, command, input);
  expect(await fingerprint(lotline.database)).toBe(before);
  refusals++;
  return (
    errors
      ?.flatMap(({ message, extensions }) => extensions.reasons ?? [{ message, ...extensions }])
      .map(({ code, rule, message }: any) => ({ code, rule, message })) ?? []
  );
}
const ask = async (role: Role, question: string, variables: object = {}): Promise<any> =>
  lotline.data(question, { ...variables }, WHO[role]);
const paper = async (role: Role, type: string, number: string, on: string, links: object): Promise<string> => {
  const operation = ids[role];
  const { document } = await step(
    role,
    'attachDocument',
    { operation, paper: { type, number, issuer: operation, issuedOn: on, markedOrganic: 'YES' }, ...links },
    'document { id }',
  );
  return document.id;
};
const certificateSeen = async (role: Role, fields: string): Promise<any> =>
  (await ask(role, `query ($id: ID!) { node(id: $id) { ... on ImportCertificate { ${fields} } } }`, { id: ids.certificate })).node;
const request = (more: object = {}) => ({
  exporter: ids.exporter,
  importer: ids.importer,
  consignee: ids.consignee,
  certifier: ids[ABROAD],
  kind: 'SHIPMENT',
  origin: 'CO',
  destination: 'US',
  hts: '0901.11.0015',
  standard: 'NOP',
  lines: [
    { product: ids[COFFEE], lot: ids['WALK-GREEN'], quantity: kilograms(600) },
    { product: ids[DECAF], lot: ids['WALK-WASHED'], quantity: kilograms(100) },
  ],
  transport: { mode: 'MARITIME', portOfLading: 'COBUN', portOfEntry: 'USOAK', departs: inDays(30) },
  neededBy: inDays(25),
  ...more,
});

const CHECKS = ['VALID_CERTIFICATE', 'DATA_ACCURATE', 'NO_PROHIBITED_SUBSTANCE', 'NO_RADIATION'];
const arrival = () => ({
  operation: ids.importer,
  on: TODAY,
  answers: CHECKS.map((check) => ({ check, verdict: 'YES', words: `seen: ${check}` })),
});

const WALK: [string, () => Promise<void>][] = [
  [
    'Exporter and importer are certified organic operations, and every product stands on the Product Verification Form of the exporter.',
    async () => {
      const clients: [Role, string, string, string[], string[]][] = [
        ['farm', FARM, ABROAD, ['PRODUCER'], [CHERRIES]],
        ['exporter', EXPORTER, ABROAD, ['HANDLER', 'EXPORTER'], [CHERRIES, COFFEE]],
        ['importer', IMPORTER, AT_HOME, ['IMPORTER'], [COFFEE, DECAF]],
        ['consignee', CONSIGNEE, AT_HOME, ['HANDLER'], [COFFEE, DECAF]],
      ];
      for (const [role, nopId, certifier, roles] of clients) {
        const by = certifier === ABROAD ? "the exporter's certifier" : "the importer's certifier";
        const country = certifier === ABROAD ? 'CO' : 'US';
        const client = { certifier: ids[certifier], nopId, name: `Walking ${role} (invented)`, country, roles };
        ids[role] = (await give(by, 'recordOperation', client, 'operation { id }')).data.recordOperation.operation.id;
      }
      for (const [role, , certifier, , products] of clients) {
        const by = certifier === ABROAD ? "the exporter's certifier" : "the importer's certifier";
        const certificate = {
          operation: ids[role],
          certifier: ids[certifier],
          standard: 'NOP',
          effectiveFrom: '2020-01-01',
          products: products.map((name) => ({ product: ids[name] })),
        };
        const { operationCertificate } = await step(by, 'recordOperationCertificate', certificate, 'operationCertificate { id }');
        ids[`certificate of ${role}`] = operationCertificate.id;
      }
      const verified = {
        operationCertificate: ids['certificate of exporter'],
        product: ids[DECAF],
        labelledAs: 'Café Lavado Orgánico',
        on: '2021-05-01',
      };
      await step("the exporter's certifier", 'verifyProduct', verified);
    },
  ],
  [
    'The product comes from a certified farm, and every step from there to the exporter is on record: what it is, how much, and whose.',
    async () => {
      const harvest = {
        producer: ids.farm,
        product: ids[CHERRIES],
        code: 'WALK-CHERRIES',
        quantity: kilograms(1000),
        producedOn: daysAgo(60),
        country: 'CO',
      };
      const born = await step('farm', 'recordHarvest', harvest, 'lot { id }');
      ids['WALK-CHERRIES'] = born.lot.id;
      const invoice = await paper('farm', 'INVOICE', 'WALK-INV-1', daysAgo(50), { lots: [born.lot.id] });
      const offer = {
        lot: born.lot.id,
        sender: ids.farm,
        receiver: ids.exporter,
        quantity: kilograms(900),
        on: daysAgo(50),
        document: invoice,
      };
      const { transferOffer } = await step('farm', 'offerTransfer', offer, 'transferOffer { id }');
      await step('exporter', 'acceptTransfer', { transferOffer: transferOffer.id, on: daysAgo(49) });
      for (const [code, product, mass] of [
        ['WALK-GREEN', COFFEE, 700],
        ['WALK-WASHED', DECAF, 100],
      ] as const) {
        const inputs = [{ lot: born.lot.id, quantity: kilograms(mass) }];
        const milled = {
          producer: ids.exporter,
          product: ids[product],
          code,
          quantity: kilograms(mass),
          producedOn: daysAgo(40),
          country: 'CO',
          inputs,
        };
        ids[code] = (await step('exporter', 'recordTransformation', milled, 'lot { id }')).lot.id;
      }
      const lost = { lot: born.lot.id, holder: ids.exporter, kind: 'MOISTURE', quantity: kilograms(20), on: daysAgo(41) };
      await step('exporter', 'recordLoss', lost);
      // Nobody uses, sells or loses what it does not hold.
      const [reason] = await refused('exporter', 'recordLoss', { ...lost, quantity: kilograms(81) });
      expect(reason).toMatchObject({ code: 'REFUSED', rule: '7 CFR 205.403(d)(4)' });
    },
  ],
  [
    'The request must be early enough for the certifier to review, approve and issue, and for the exporter to deliver it before the customs filing deadline.',
    async () => {
      await step("the exporter's certifier", 'setLeadTime', { certifier: ids[ABROAD], businessDays: 5, from: TODAY });
      const asked = `query ($input: ImportCertificateDeadlinesInput!) { importCertificateDeadlines(input: $input) { verdict businessDays askBy reasons cutOff } }`;
      const { transport, neededBy, certifier } = request();
      const early = await ask('exporter', asked, { input: { certifier, transport, neededBy } });
      expect(early.importCertificateDeadlines).toMatchObject({ verdict: 'IN_TIME', businessDays: 5, reasons: [] });
      const late = await ask('exporter', asked, { input: { certifier, transport: { ...transport, departs: inDays(1) }, neededBy: TODAY } });
      expect(late.importCertificateDeadlines.verdict).toBe('LATE');
      expect(late.importCertificateDeadlines.reasons.length).toBeGreaterThan(0);
    },
  ],
  [
    'The organic exporter asks its certifying agent for the certificate before export, with papers that identify the importer; one certificate may cover several products under the same HTS code.',
    async () => {
      ids.contract = await paper('exporter', 'CONTRACT', 'WALK-CON-1', daysAgo(30), {
        operations: [ids.importer],
        lots: [ids['WALK-GREEN'], ids['WALK-WASHED']],
      });
      // What the act asks for must be there.
      const short = await refused('exporter', 'requestImportCertificate', request({ lines: [], hts: '0901', standard: 'OWN' }));
      expect(short.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
      const asked = await step(
        'exporter',
        'requestImportCertificate',
        request({ documents: [ids.contract] }),
        'importCertificate { id number status }',
      );
      expect(asked.importCertificate).toMatchObject({ number: null, status: 'REQUESTED' });
      ids.certificate = asked.importCertificate.id;
      expect(
        await certificateSeen('exporter', 'deadlines { verdict } transport { mode portOfLading { unLocode } } checklist { stage missing }'),
      ).toMatchObject({
        deadlines: { verdict: 'IN_TIME' },
        transport: { mode: 'MARITIME', portOfLading: { unLocode: 'COBUN' } },
        checklist: expect.arrayContaining([{ stage: 'REQUEST', missing: 0 }]),
      });
      for (const role of ['importer', 'consignee', 'farm', 'carrier', "the importer's certifier"])
        expect(await certificateSeen(role, 'id')).toBeNull();
    },
  ],
  [
    'The certifier reviews: is the product valid, is the amount valid, is organic integrity kept.',
    async () => {
      const findings = 'review { blocking findings { check rule verdict message evidence { says } } }';
      const { review } = await certificateSeen("the exporter's certifier", findings);
      const wrong = review.findings.filter(({ verdict }: any) => verdict !== 'PASSED').map(({ check }: any) => check);
      // The farm's invoice went with the lot; what carried it to the mill nobody has recorded, and need not.
      expect(wrong).toEqual([]);
      expect(review.blocking).toBe(0);
      expect(JSON.stringify(review)).toContain('labelled as Café Lavado Orgánico');
      await step("the exporter's certifier", 'askForInformation', { importCertificate: ids.certificate, question: 'Which mill?' });
      await step('exporter', 'answerInformation', { importCertificate: ids.certificate, answer: 'Our own.' });
    },
  ],
  [
    'It approves or rejects.',
    async () => {
      const other = await give('exporter', 'requestImportCertificate', request({ documents: [] }), 'importCertificate { id }');
      const without = other.data.requestImportCertificate.importCertificate.id;
      // Without a contract the importer is not known: the certifier must say why it approves all the same, or reject it.
      const [reason] = await refused("the exporter's certifier", 'approveImportCertificate', { importCertificate: without });
      expect(reason).toMatchObject({ code: 'REFUSED', rule: '7 CFR 205.273', message: 'No contract and no order was sent.' });
      await step("the exporter's certifier", 'rejectImportCertificate', { importCertificate: without, reasons: ['asked for twice'] });
      await step("the exporter's certifier", 'approveImportCertificate', { importCertificate: ids.certificate });
    },
  ],
  [
    'An approved certificate is issued in the Organic Integrity Database, which gives the number.',
    async () => {
      const issue = { importCertificate: ids.certificate, number: NUMBER };
      for (const number of ['9990300002', 'DRAFT-0000000001-0000', '999-999-T'])
        expect(await refused("the exporter's certifier", 'issueImportCertificate', { ...issue, number })).toMatchObject([
          { code: 'BAD_USER_INPUT' },
        ]);
      await step("the exporter's certifier", 'issueImportCertificate', issue);
      expect(await certificateSeen('exporter', 'number status')).toEqual({ number: NUMBER, status: 'ISSUED' });
      expect(
        (await ask('exporter', 'query ($id: ID!) { node(id: $id) { ... on Lot { balance { claimed } } } }', { id: ids['WALK-GREEN'] })).node
          .balance.claimed,
      ).toBe('600');
    },
  ],
  [
    'The exporter hands the certificate to the importer, or to its customs broker.',
    async () => {
      const handOver = { importCertificate: ids.certificate, recipient: ids.broker, on: TODAY };
      expect(await refused('exporter', 'handOverImportCertificate', { ...handOver, recipient: ids.carrier })).toMatchObject([
        { code: 'REFUSED', rule: '7 CFR 205.273' },
      ]);
      await step('exporter', 'handOverImportCertificate', handOver);
      for (const role of ['importer', 'consignee', 'broker', "the importer's certifier"])
        expect(await certificateSeen(role, 'number')).toEqual({ number: NUMBER });
      expect(await certificateSeen('carrier', 'number')).toBeNull();
    },
  ],
  [
    'Documents are clearly marked "organic"; the records show how much was shipped, by whom, and how it was transported.',
    async () => {
      const lots = [
        { lot: ids['WALK-GREEN'], quantity: kilograms(600) },
        { lot: ids['WALK-WASHED'], quantity: kilograms(100) },
      ];
      const booked = await step(
        'exporter',
        'bookShipment',
        { reference: 'WALK-SEA', shipper: ids.exporter, consignee: ids.importer, bookedOn: TODAY, lots },
        'shipment { id }',
      );
      ids.shipment = booked.shipment.id;
      const papers = { shipments: [ids.shipment], importCertificates: [ids.certificate] };
      for (const [type, number] of [
        ['BILL_OF_LADING', 'WALK-BL-1'],
        ['PACKING_LIST', 'WALK-PL-1'],
        ['INVOICE', 'WALK-INV-2'],
      ] as const)
        ids[type] = await paper('exporter', type, number, TODAY, papers);
      const leg = {
        shipment: ids.shipment,
        mode: 'MARITIME',
        fromPlace: 'COBUN Buenaventura',
        toPlace: 'USOAK Oakland',
        departed: new Date().toISOString(),
      };
      await step('exporter', 'recordDeparture', leg);
      // Whoever has the goods then says that they came.
      await step('importer', 'recordArrival', { shipment: ids.shipment, arrived: new Date().toISOString() }, '', ['exporter']);
    },
  ],
  [
    'The importer, or its customs broker, enters the data of the certificate into ACE with the normal entry.',
    async () => {
      const scopes = ['CUSTOMS_ENTRIES', 'COMMANDS'];
      const assignment = { importer: ids.importer, broker: ids.broker, scopes, validUntil: `${inDays(10)}T00:00:00Z` };
      await step('importer', 'assignBroker', assignment);
      // What it keys in, and what would bounce: the two commonest mistakes of filers.
      const filing = `query ($of: ID!, $lots: [ID!], $asKeyed: CustomsFilingKeyedInput) { customsFiling(importCertificate: $of, kilograms: "600", lots: $lots, asKeyed: $asKeyed) {
        governmentAgencyCode governmentAgencyProgramCode governmentAgencyProcessingCode lpcoNumber commodityNetQuantity lotNumbers bounces faults { code } } }`;
      const keyed = (certificateNumber: string, messageSet: string) => ({
        of: ids.certificate,
        lots: [ids['WALK-GREEN']],
        asKeyed: { certificateNumber, messageSet, entryNumber: 'SP7-0000001-4' },
      });
      expect((await ask('broker', filing, keyed(NUMBER, 'OR2'))).customsFiling).toEqual({
        governmentAgencyCode: 'AMS',
        governmentAgencyProgramCode: 'OR',
        governmentAgencyProcessingCode: 'OR2',
        lpcoNumber: NUMBER,
        commodityNetQuantity: '600',
        lotNumbers: ['WALK-GREEN'],
        bounces: false,
        faults: [],
      });
      expect((await ask('broker', filing, keyed(EXPORTER, 'OR1'))).customsFiling.faults).toEqual([
        { code: 'NOP_ID_FOR_NUMBER' },
        { code: 'WRONG_MESSAGE_SET' },
      ]);
      const line = { hts: '0901.11.0015', importCertificate: ids.certificate };
      const entry = {
        importer: ids.importer,
        filer: ids.broker,
        number: 'SP7-0000001-4',
        filedOn: TODAY,
        lines: [
          { ...line, line: 1, quantity: kilograms(600), lots: [ids['WALK-GREEN']] },
          { ...line, line: 2, quantity: kilograms(99), lots: [ids['WALK-WASHED']] },
        ],
      };
      // Never more than the certificate covers, and not under a number that is none.
      const much = { ...entry, number: 'SP7-0000001-5', lines: [{ ...entry.lines[0], quantity: kilograms(701) }] };
      expect((await refused('broker', 'recordCustomsEntry', much)).map(({ code }) => code)).toEqual(['BAD_USER_INPUT']);
      expect(await refused('broker', 'recordCustomsEntry', { ...much, number: entry.number })).toMatchObject([
        { code: 'REFUSED', rule: '7 CFR 205.273' },
      ]);
      await step('broker', 'recordCustomsEntry', entry, '', ['importer']);
      expect(await certificateSeen('exporter', 'status drawn remaining customsEntries { totalCount }')).toEqual({
        status: 'ENTERED',
        drawn: '699',
        remaining: '1',
        customsEntries: { totalCount: 0 },
      });
    },
  ],
  [
    'The title passes to the importer.',
    async () => {
      for (const [code, mass] of [
        ['WALK-GREEN', 600],
        ['WALK-WASHED', 100],
      ] as const) {
        const offer = {
          lot: ids[code],
          sender: ids.exporter,
          receiver: ids.importer,
          quantity: kilograms(mass),
          on: TODAY,
          document: ids.INVOICE,
        };
        const { transferOffer } = await step('exporter', 'offerTransfer', offer, 'transferOffer { id }');
        if (code === 'WALK-GREEN') await step('importer', 'acceptTransfer', { transferOffer: transferOffer.id, on: TODAY });
        else {
          const came = { transferOffer: transferOffer.id, quantity: kilograms(99), on: TODAY, reason: 'one bag was torn' };
          await step('importer', 'disputeTransfer', came);
        }
      }
    },
  ],
  [
    'The importer has a documented system to check.',
    async () => {
      ids.procedure = await paper('importer', 'IMPORT_PROCEDURE', 'WALK-SOP-1', daysAgo(100), { operations: [ids.importer] });
      await paper('importer', 'IMPORT_PROCEDURE', 'WALK-SOP-2', daysAgo(10), { operations: [ids.importer] });
      const asked =
        'query ($id: ID!, $on: Date) { node(id: $id) { ... on Operation { importProcedures(on: $on) { nodes { version document { number } } } } } }';
      const inForce = async (on: string) => (await ask('importer', asked, { id: ids.importer, on })).node.importProcedures.nodes;
      expect(await inForce(daysAgo(20))).toEqual([{ version: 1, document: { number: 'WALK-SOP-1' } }]);
      expect(await inForce(TODAY)).toEqual([{ version: 2, document: { number: 'WALK-SOP-2' } }]);
    },
  ],
  [
    'It checks that there is a valid certificate for what arrived, and that its data are accurate.',
    async () => {
      const asked = `query ($number: String!) { importCertificate(number: $number) { status exporter { nopId } importer { nopId } certifier { code } hts origin destination kilograms
        lines { nodes { product { name } kilograms lot { code shipments { nodes { reference status } } } } } history { status } } }`;
      expect((await ask('importer', asked, { number: NUMBER })).importCertificate).toEqual({
        status: 'ENTERED',
        exporter: { nopId: EXPORTER },
        importer: { nopId: IMPORTER },
        certifier: { code: ABROAD },
        hts: '0901110015',
        origin: 'CO',
        destination: 'US',
        kilograms: '700',
        lines: {
          nodes: [
            {
              product: { name: COFFEE },
              kilograms: '600',
              lot: { code: 'WALK-GREEN', shipments: { nodes: [{ reference: 'WALK-SEA', status: 'ARRIVED' }] } },
            },
            {
              product: { name: DECAF },
              kilograms: '100',
              lot: { code: 'WALK-WASHED', shipments: { nodes: [{ reference: 'WALK-SEA', status: 'ARRIVED' }] } },
            },
          ],
        },
        history: ['REQUESTED', 'INFORMATION_ASKED', 'REQUESTED', 'APPROVED', 'ISSUED', 'HANDED_OVER', 'ENTERED'].map((status) => ({
          status,
        })),
      });
      const gaps =
        'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: BACK) { gaps(kinds: [NO_IMPORT_CERTIFICATE, OUT_OF_ORDER_DATES]) { totalCount } } } } }';
      expect((await ask('importer', gaps, { id: ids['WALK-GREEN'] })).node.trace.gaps.totalCount).toBe(0);
      // The weight that came is brought up to date; the certificate keeps its number.
      const revised = {
        importCertificate: ids.certificate,
        lines: [
          { product: ids[COFFEE], lot: ids['WALK-GREEN'], quantity: kilograms(600) },
          { product: ids[DECAF], lot: ids['WALK-WASHED'], quantity: kilograms(99) },
        ],
        reason: 'one bag was torn',
      };
      await step("the exporter's certifier", 'reviseImportCertificate', revised);
      expect(await certificateSeen('importer', 'number status kilograms revisions { by reason changes { field } }')).toMatchObject({
        number: NUMBER,
        status: 'EXHAUSTED',
        kilograms: '699',
        revisions: [{ reason: 'one bag was torn' }],
      });
    },
  ],
  [
    'It checks that there was no contact with prohibited substances and no ionizing radiation.',
    async () => {
      const gaps = async (role: Role) =>
        (
          await ask(
            role,
            'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: BACK) { gaps(kinds: [PROHIBITED_TREATMENT]) { nodes { message rule } } } } } }',
            { id: ids['WALK-WASHED'] },
          )
        ).node.trace.gaps.nodes;
      expect(await gaps('importer')).toEqual([]);
      const fumigated = {
        operation: ids.importer,
        lot: ids['WALK-WASHED'],
        kind: 'FUMIGATION',
        substance: 'methyl bromide',
        prohibited: true,
        on: TODAY,
      };
      const { fact } = await step('importer', 'recordTreatment', fumigated, 'treatment { fact }').then(({ treatment }) => treatment);
      for (const role of ['importer', "the importer's certifier", 'exporter'])
        expect(await gaps(role)).toMatchObject([{ rule: '7 CFR 205.105, 205.272' }]);
      // It was another container: the fact is taken back, and stays in the log.
      await step('importer', 'retractFact', { fact, reason: 'another container' });
      expect(await gaps('importer')).toEqual([]);
    },
  ],
  [
    'If the goods are held under an Emergency Action Notification for a possible fumigation, the importer must notify its certifier.',
    async () => {
      const held = {
        operation: ids.importer,
        shipment: ids.shipment,
        number: 'WALK-EAN-1',
        on: TODAY,
        ordered: 'Fumigation with methyl bromide, or re-export',
        treatment: 'FUMIGATION',
      };
      const { emergencyAction } = await step('importer', 'recordEmergencyActionNotification', held, 'emergencyAction { id }', ['broker']);
      const action = { emergencyAction: emergencyAction.id, operation: ids.importer };
      expect(await certificateSeen('importer', 'status')).toEqual({ status: 'HELD' });
      // Nothing is verified that is held.
      expect(await refused('importer', 'verifyArrival', { ...arrival(), importCertificate: ids.certificate })).toMatchObject([
        { code: 'CONFLICT' },
      ]);
      await step('importer', 'notifyCertifier', action, '', ['broker']);
      const told = 'query ($id: ID!) { node(id: $id) { ... on EmergencyActionNotification { number certifierNotifiedOn } } }';
      expect((await ask("the importer's certifier", told, { id: emergencyAction.id })).node).toEqual({
        number: 'WALK-EAN-1',
        certifierNotifiedOn: TODAY,
      });
      for (const role of ['farm', 'carrier', 'nobody'] as const)
        expect((await ask(role, told, { id: emergencyAction.id })).node).toBeNull();
      // What was found clean is released as organic, quantity by quantity: all of it, and the certificate stands where it stood.
      await step('importer', 'recordDisposition', { ...action, kind: 'RELEASED_ORGANIC', quantity: kilograms(600), on: TODAY }, '', [
        'broker',
      ]);
      expect(await certificateSeen('importer', 'status')).toEqual({ status: 'HELD' });
      await step('importer', 'recordDisposition', { ...action, kind: 'RELEASED_ORGANIC', on: TODAY }, '', ['broker']);
      expect(await certificateSeen('importer', 'status')).toEqual({ status: 'EXHAUSTED' });
    },
  ],
  [
    'The importer verifies what arrived, check by check, and keeps what it saw.',
    async () => {
      const verified = { ...arrival(), importCertificate: ids.certificate, shipment: ids.shipment };
      const seen = await paper('importer', 'WEIGHT_CERTIFICATE', 'WALK-WT-1', TODAY, { shipments: [ids.shipment] });
      const answers = verified.answers.map((answer) => ({ ...answer, documents: [seen] }));
      await step('importer', 'verifyArrival', { ...verified, answers }, '', ['broker']);
      expect(
        await certificateSeen('importer', 'status arrivals { nodes { on answers { verdict documents { number } findings { message } } } }'),
      ).toEqual({
        status: 'VERIFIED',
        arrivals: {
          nodes: [
            {
              on: TODAY,
              answers: CHECKS.map((check) => ({
                verdict: 'YES',
                documents: [{ number: 'WALK-WT-1' }],
                // The bag that was torn on the way is told beside the answer.
                findings:
                  check === 'DATA_ACCURATE' ? [{ message: 'WALK-WASHED: the certificate covers 99 kg, and 100 kg were shipped.' }] : [],
              })),
            },
          ],
        },
      });
    },
  ],
  [
    'The records show where the product came from, who owned it at each step, and who exported and imported it.',
    async () => {
      const asked = `query ($id: ID!) { node(id: $id) { ... on Lot { origin { complete unknown countries { country kilograms } } ownership { nodes { owner { name } kilograms certified document { number } } }
        trace(direction: BACK) { complete steps(kinds: [HARVESTED, TRANSFORMED, EXPORTED, IMPORTED]) { nodes { kind mode owner { name } } } gaps { nodes { kind } } } } } }`;
      const seen = (await ask('analyst', asked, { id: ids['WALK-GREEN'] })).node;
      expect(seen).toMatchObject({
        origin: { complete: true, unknown: '0', countries: [{ country: 'CO', kilograms: '700' }] },
        ownership: {
          nodes: [
            { owner: { name: 'Walking exporter (invented)' }, kilograms: '700', certified: 'VALID' },
            { owner: { name: 'Walking importer (invented)' }, kilograms: '600', certified: 'VALID', document: { number: 'WALK-INV-2' } },
          ],
        },
        trace: { complete: true, gaps: { nodes: [] } },
      });
      expect(seen.trace.steps.nodes.map(({ kind }: any) => kind)).toEqual(['HARVESTED', 'TRANSFORMED', 'EXPORTED', 'IMPORTED']);
      const importers = (await ask('importer', asked, { id: ids['WALK-GREEN'] })).node;
      expect(importers.origin).toEqual({ complete: false, unknown: '0', countries: [{ country: 'CO', kilograms: '700' }] });
    },
  ],
  [
    'Exporter and importer keep records, for at least five years.',
    async () => {
      const [missing] = [await certificateSeen('importer', 'checklist { stage missing papers { types required standing rule } }')].map(
        ({ checklist }) => checklist.find(({ stage }: any) => stage === 'DEPARTURE'),
      );
      expect(missing.missing).toBe(0);
      await expect(lotline.database.query(`delete from document where number = 'WALK-BL-1'`)).rejects.toThrow();
    },
  ],
];

beforeAll(async () => {
  lotline = await startLotline();
  // The public catalogues, and who needs no certificate.
  await lotline.import({
    'certifiers.csv': csv([
      { certifier: ABROAD, name: 'Walking Certification Abroad (invented)', country: 'CO', scheme: 'NOP' },
      { certifier: AT_HOME, name: 'Walking Certification At Home (invented)', country: 'US', scheme: 'NOP' },
    ]),
    'products.csv': csv([
      { product: CHERRIES, hts: '0901.11.0015', organic: 'yes' },
      { product: COFFEE, hts: '0901.11.0015', organic: 'yes' },
      { product: DECAF, hts: '0901.11.0015', organic: 'yes' },
    ]),
    'operations.csv': csv([
      { operation: BROKER, name: 'Walking Customs (invented)', country: 'US', roles: 'broker' },
      { operation: CARRIER, name: 'Walking Lines (invented)', country: 'CO', roles: 'carrier' },
    ]),
  });
  const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
  for (const { id, code } of await lotline.database.query<{ id: string; code: string }>('select id, code from certifier'))
    ids[code] = global('Certifier', id);
  for (const { id, name } of await lotline.database.query<{ id: string; name: string }>('select id, name from product'))
    ids[name] = global('Product', id);
  for (const { id, identifier } of await lotline.database.query<{ id: string; identifier: string }>('select id, identifier from operation'))
    ids[identifier === BROKER ? 'broker' : 'carrier'] = global('Operation', id);
});
afterAll(() => lotline.close());

test.each(WALK)('%s', (_, walk) => walk());

test('on the way others were refused their steps', () => {
  expect(refusals).toBeGreaterThan(200);
});
