import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// Papers about any noun, the checklist of an import, and an importer's procedure for verifying imports.

const [EXPORTER, IMPORTER, STRANGER] = ['9990000101', '9990000102', '9990000103'];
const [SHIPPING, IMPORTING, OLD]: As[] = [{ certifier: 'ZL1' }, { certifier: 'ZL2' }, { certifier: 'ZL0' }];
const [US, THEM, OTHERS] = [EXPORTER, IMPORTER, STRANGER].map((operation) => ({ operation }));
const SPICE = '0910999999';
const FILER = { operation: 'L:FILER' };
const NUMBER = certificateNumber(8, 1);
const ENTRY = entryNumber(8801);

let lotline: Lotline;
let ids: Record<string, string>;
let facts: Record<'transfer' | 'loss' | 'treatment', string>;
let given = 0;

const kilograms = (quantity: number) => ({ quantity, unit: 'KGM' });
const certified = (operation: string, certifier: string, effective_from: string, status = 'certified') => ({
  operation,
  certifier,
  status,
  effective_from,
  scope: 'handling',
});

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZL0', 'ZL1', 'ZL2'].map((certifier) => ({ certifier, name: certifier, country: 'DE', scheme: 'NOP' }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER, FILER.operation].map((operation, index) => ({
        operation,
        name: ['Seller', 'Buyer', 'Stranger', 'Filer'][index],
        country: 'TR',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Cumin', hts: SPICE, organic: 'yes' }]),
    'operation_certificates.csv': csv([
      certified(EXPORTER!, 'ZL1', '2023-01-01'),
      certified(IMPORTER!, 'ZL0', '2023-01-01'),
      certified(IMPORTER!, 'ZL0', '2025-05-01', 'surrendered'),
      certified(IMPORTER!, 'ZL2', '2025-05-01'),
      certified(STRANGER!, 'ZL1', '2023-01-01', 'certified'),
    ]),
    'lots.csv': csv([
      { code: 'L-CUMIN', producer: EXPORTER, product: 'Cumin', ...kilograms(500), kind: 'harvest', produced_on: '2025-01-10' },
      { code: 'L-OTHER', producer: STRANGER, product: 'Cumin', ...kilograms(500), kind: 'harvest', produced_on: '2025-01-10' },
    ]),
    'transfers.csv': csv([{ lot: 'L-CUMIN', from: EXPORTER, to: IMPORTER, on: '2025-03-01', ...kilograms(400) }]),
    'lot_adjustments.csv': csv([{ lot: 'L-CUMIN', holder: EXPORTER, kind: 'sample', on: '2025-02-01', ...kilograms(1) }]),
    'treatments.csv': csv([{ kind: 'heat', on: '2025-02-10', substance: 'steam', lot: 'L-CUMIN', shipment: '' }]),
    'shipments.csv': csv([
      { reference: 'L-SHIP-1', shipper: EXPORTER, consignee: IMPORTER, booked_on: '2025-03-01' },
      { reference: 'L-SHIP-2', shipper: EXPORTER, consignee: IMPORTER, booked_on: '2025-03-01' },
    ]),
    'shipment_legs.csv': csv([
      {
        shipment: 'L-SHIP-1',
        sequence: 1,
        mode: 'maritime',
        from_place: 'TRISK',
        to_place: 'USSCK',
        departed: '2025-03-05',
        arrived: '2025-04-01',
      },
    ]),
    'shipment_lots.csv': csv([1, 2].map((each) => ({ shipment: `L-SHIP-${each}`, lot: 'L-CUMIN', ...kilograms(100 * each) }))),
    'import_certificates.csv': csv([
      {
        number: NUMBER,
        kind: 'SHIPMENT',
        exporter: EXPORTER,
        importer: IMPORTER,
        certifier: 'ZL1',
        hts: SPICE,
        requested_on: '2025-02-15',
        issued_on: '2025-03-02',
        status: 'HANDED_OVER',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: NUMBER, product: 'Cumin', ...kilograms(300), lot: 'L-CUMIN' }]),
    'customs_entries.csv': csv([
      {
        entry: ENTRY,
        line: 1,
        certificate: NUMBER,
        filed_on: '2025-04-02',
        hts: SPICE,
        ...kilograms(100),
        filer: 'L:FILER',
        lots: 'L-CUMIN',
      },
    ]),
    'emergency_actions.csv': csv([{ number: 'L-EAN', on: '2025-04-03', ordered: 'hold', lot: '', shipment: 'L-SHIP-1' }]),
  });
  const found = await lotline.data(`{
    lots { nodes { id name: code ownership { nodes { fact owner { name } } } losses { nodes { fact } } treatments { nodes { fact } } } }
    shipments { nodes { id name: reference emergencyActions { nodes { id name: number } } } }
    importCertificates { nodes { id name: number customsEntries { nodes { id name: number } } } }
    operations { nodes { id name certificates { nodes { id certifier { name: code } } } } } }`);
  ids = {};
  const look = (value: any, of = ''): void => {
    if (value === null || typeof value !== 'object') return;
    if (value.id) ids[value.name ?? `${of} by ${value.certifier.name}`] = value.id;
    for (const each of Object.values(value)) look(each, value.name ?? of);
  };
  look(found);
  const lot = found.lots.nodes.find(({ name }: any) => name === 'L-CUMIN');
  facts = {
    transfer: lot.ownership.nodes.find(({ owner }: any) => owner.name === 'Buyer').fact,
    loss: lot.losses.nodes[0].fact,
    treatment: lot.treatments.nodes[0].fact,
  };
});
afterAll(() => lotline.close());

const attach = (input: object, as: As): Promise<GraphQLAnswer> =>
  lotline.ask(
    'mutation ($input: AttachDocumentInput!) { attachDocument(input: $input) { document { id } } }',
    { input: { idempotencyKey: `l-${++given}`, ...input } },
    as,
  );
const paper = (number: string, more: object = {}) => ({
  operation: ids.Seller!,
  paper: { type: 'INVOICE', number, issuer: ids.Seller!, issuedOn: '2025-03-01', markedOrganic: 'YES', ...more },
});
const buyers = (number: string, more: object = {}) => {
  const of = paper(number, more);
  return { operation: ids.Buyer!, paper: { ...of.paper, issuer: ids.Buyer! } };
};
const attached = async (input: object, as: As): Promise<string> => {
  const answer = await attach(input, as);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data.attachDocument.document.id;
};
const reasons = ({ errors }: GraphQLAnswer) =>
  (errors?.[0]?.extensions.reasons ?? [errors?.[0]?.extensions]).map((each: any) => `${each.code} ${each.path.slice(1).join('.')}`);
const sees = async (document: string, as: As): Promise<boolean> =>
  (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id: document }, as)).node !== null;
const numbers = ({ nodes }: any): string[] => nodes.map(({ number }: any) => number);

describe('a paper is about', () => {
  test.each([
    ['operationCertificates', 'Seller by ZL1', 'OperationCertificate', US, [SHIPPING], [THEM, OTHERS, 'nobody']],
    ['customsEntries', ENTRY, 'CustomsEntry', THEM, [IMPORTING, FILER], [US, OTHERS]],
    ['emergencyActions', 'L-EAN', 'EmergencyActionNotification', THEM, [US, IMPORTING, SHIPPING], [OTHERS]],
  ] as const)('%s, and whoever has these sees it', async (list, name, type, keeper, these, others) => {
    const number = `ABOUT-${list}`;
    const id = await attached({ ...(keeper === US ? paper(number) : buyers(number)), [list]: [ids[name]] }, keeper as As);
    for (const as of [keeper, 'analyst', ...these] as As[]) {
      expect([as, await sees(id, as)]).toEqual([as, true]);
      const { of, paper: back } = await lotline.data(
        `query ($of: ID!, $paper: ID!) { of: node(id: $of) { ... on ${type} { documents { totalCount nodes { number } } } }
           paper: node(id: $paper) { ... on Document { ${list} { nodes { id } } } } }`,
        { of: ids[name], paper: id },
        as,
      );
      expect(numbers(of.documents)).toContain(number);
      expect(back[list].nodes).toEqual([{ id: ids[name] }]);
    }
    for (const as of others as readonly As[]) expect([as, await sees(id, as)]).toEqual([as, false]);
    expect(
      reasons(await attach({ operation: (keeper === US ? ids.Seller : ids.Buyer)!, document: id, [list]: [ids[name]] }, keeper as As)),
    ).toEqual([`CONFLICT ${list}.0`]);
  });

  test('what happened to goods: a transfer, a loss, a treatment, until that is taken back', async () => {
    const id = await attached({ ...paper('ABOUT-FACTS'), facts: [facts.transfer, facts.treatment] }, US!);
    const loss = await attached({ ...paper('ABOUT-LOSS'), facts: [facts.loss] }, US!);
    expect(await sees(id, THEM!)).toBe(true);
    expect(await sees(loss, THEM!)).toBe(false);
    const told = async (as: As) => {
      const { lot } = await lotline.data(
        `{ lot(code: "L-CUMIN", producer: "${EXPORTER}") { ownership { nodes { fact document { number } documents { nodes { number } } } }
           losses { nodes { document { number } documents { nodes { number } } } } treatments { nodes { documents { nodes { number } } } } } }`,
        {},
        as,
      );
      return [
        lot.ownership.nodes.filter(({ fact }: any) => fact !== null).map((each: any) => [each.document, numbers(each.documents)]),
        lot.losses.nodes.map((each: any) => [each.document, numbers(each.documents)]),
        lot.treatments.nodes.map((each: any) => numbers(each.documents)),
      ];
    };
    expect(await told(US!)).toEqual([[[null, ['ABOUT-FACTS']]], [[null, ['ABOUT-LOSS']]], [['ABOUT-FACTS']]]);
    expect(await told(THEM!)).toEqual([[[null, ['ABOUT-FACTS']]], [], [['ABOUT-FACTS']]]);

    const twice = await attach({ operation: ids.Seller!, document: id, facts: [facts.transfer] }, US!);
    expect(reasons(twice)).toEqual(['CONFLICT facts.0']);
    const offered = await lotline.data(
      'mutation ($input: OfferTransferInput!) { offerTransfer(input: $input) { transferOffer { id } } }',
      {
        input: {
          idempotencyKey: 'offer',
          lot: ids['L-CUMIN'],
          sender: ids.Seller,
          receiver: ids.Stranger,
          quantity: { value: '10', unit: 'KGM' },
          on: '2025-06-01',
        },
      },
      US,
    );
    const accepted = await lotline.data(
      'mutation ($input: AcceptTransferInput!) { acceptTransfer(input: $input) { transferOffer { fact } } }',
      { input: { idempotencyKey: 'accept', transferOffer: offered.offerTransfer.transferOffer.id, on: '2025-06-01' } },
      OTHERS,
    );
    const { fact } = accepted.acceptTransfer.transferOffer;
    const late = await attached({ ...paper('ABOUT-LATE'), facts: [fact] }, US!);
    expect(await sees(late, OTHERS!)).toBe(true);
    await lotline.data(
      'mutation ($input: RetractFactInput!) { retractFact(input: $input) { cursor } }',
      { input: { idempotencyKey: 'retract', fact, reason: 'it was for another' } },
      OTHERS,
    );
    expect(await sees(late, OTHERS!)).toBe(false);
    expect(reasons(await attach({ operation: ids.Seller!, document: late, facts: [fact] }, US!))).toEqual(['NOT_FOUND facts.0']);
  });

  test('nothing that the operation is no party to; that changes nothing', async () => {
    const before = await fingerprint(lotline.database);
    const all = {
      customsEntries: [ids[ENTRY]],
      emergencyActions: [ids['L-EAN']],
      operationCertificates: [ids['Buyer by ZL2']],
      facts: [facts.transfer, facts.loss, facts.treatment],
    };
    const theirs = { operation: ids.Stranger!, paper: { ...paper('NO').paper, issuer: ids.Stranger! } };
    const refused = reasons(await attach({ ...theirs, ...all }, OTHERS!));
    expect(refused.sort()).toEqual(
      ['customsEntries.0', 'emergencyActions.0', 'facts.0', 'facts.1', 'facts.2', 'operationCertificates.0'].map(
        (each) => `NOT_FOUND ${each}`,
      ),
    );
    // The exporter is not told of the entry that drew on its certificate.
    expect(reasons(await attach({ ...paper('NO'), customsEntries: [ids[ENTRY]] }, US!))).toEqual(['NOT_FOUND customsEntries.0']);
    // Nor does the buyer see what the seller lost.
    expect(reasons(await attach({ ...buyers('NO'), facts: [facts.loss] }, THEM!))).toEqual(['NOT_FOUND facts.0']);
    const { fact: leg } = (await lotline.data('{ shipment(reference: "L-SHIP-1") { legs { nodes { fact } } } }')).shipment.legs.nodes[0];
    expect(reasons(await attach({ ...paper('NO'), facts: [leg] }, US!))).toEqual(['NOT_FOUND facts.0']);
    expect(reasons(await attach({ ...paper('NO'), facts: [ids['L-CUMIN']] }, US!))).toEqual(['BAD_USER_INPUT facts.0']);
    expect(reasons(await attach({ ...paper('NO'), facts: [facts.loss, facts.loss] }, US!))).toEqual(['CONFLICT facts.1']);
    expect(await fingerprint(lotline.database)).toBe(before);
  });
});

describe('the checklist', () => {
  const CHECKLIST = 'checklist { stage missing papers { types required rule says standing documents { nodes { number } } } }';
  const checklist = async (as: As): Promise<any[]> =>
    (await lotline.data(`{ importCertificate(number: "${NUMBER}") { ${CHECKLIST} } }`, {}, as)).importCertificate.checklist;
  const standing = async (stage: string, type: string, as: As): Promise<[string, ...string[]]> => {
    const { papers } = (await checklist(as)).find((each) => each.stage === stage);
    const found = papers.find(({ types }: any) => types.includes(type));
    return found && [found.standing, ...numbers(found.documents)];
  };

  test('has every stage of the road, each paper with its rule', async () => {
    const all = await checklist('analyst');
    expect(all.map(({ stage }) => stage)).toEqual(['REQUEST', 'REVIEW', 'HAND_OVER', 'DEPARTURE', 'ENTRY', 'ARRIVAL', 'RECORDS']);
    for (const { papers } of all)
      for (const { rule, says, types } of papers) {
        expect(rule).toMatch(/^(7 CFR 205\.\d+|7 U\.S\.C\. 6502|19 CFR 142\.3)/);
        expect(says).toMatch(/\.$/);
        expect(types.length).toBeGreaterThan(0);
      }
  });

  test('says what is missing; to whom papers may be invisible, as far as it sees', async () => {
    expect(await standing('REQUEST', 'CONTRACT', 'analyst')).toEqual(['MISSING']);
    expect(await standing('REQUEST', 'CONTRACT', US!)).toEqual(['NOT_SEEN']);
    const missing = async () => Object.fromEntries((await checklist(US!)).map((each) => [each.stage, each.missing]));
    const before = await missing();
    await attached({ ...paper('CL-CONTRACT', { type: 'CONTRACT' }), importCertificates: [ids[NUMBER]] }, US!);
    for (const as of ['analyst', US!, THEM!, SHIPPING!, IMPORTING!] as As[])
      expect([as, await standing('REQUEST', 'CONTRACT', as)]).toEqual([as, ['PRESENT', 'CL-CONTRACT']]);
    const after = await missing();
    expect([after.REQUEST, after.RECORDS]).toEqual([before.REQUEST - 1, before.RECORDS - 1]);

    // A paper on a lot is its keeper's alone.
    await attached({ ...paper('CL-WEIGHT', { type: 'WEIGHT_CERTIFICATE' }), lots: [ids['L-CUMIN']] }, US!);
    expect(await standing('REVIEW', 'WEIGHT_CERTIFICATE', US!)).toEqual(['PRESENT', 'CL-WEIGHT']);
    expect(await standing('REVIEW', 'WEIGHT_CERTIFICATE', THEM!)).toEqual(['NOT_SEEN']);
  });

  test('wants papers that identify goods as organic, and one of each shipment', async () => {
    const bill = (number: string, shipment: string, markedOrganic: string) =>
      attached({ ...paper(number, { type: 'BILL_OF_LADING', markedOrganic }), shipments: [ids[shipment]] }, US!);
    await bill('CL-BILL-1', 'L-SHIP-1', 'YES');
    expect(await standing('ENTRY', 'BILL_OF_LADING', THEM!)).toEqual(['PRESENT', 'CL-BILL-1']);
    expect(await standing('DEPARTURE', 'BILL_OF_LADING', THEM!)).toEqual(['NOT_SEEN', 'CL-BILL-1']);
    await bill('CL-BILL-2', 'L-SHIP-2', 'UNKNOWN');
    expect(await standing('DEPARTURE', 'BILL_OF_LADING', THEM!)).toEqual(['NOT_MARKED_ORGANIC', 'CL-BILL-1', 'CL-BILL-2']);
    await bill('CL-BILL-3', 'L-SHIP-2', 'YES');
    expect((await standing('DEPARTURE', 'BILL_OF_LADING', THEM!))[0]).toBe('PRESENT');
    const { shipment } = await lotline.data(`{ shipment(reference: "L-SHIP-2") { ${CHECKLIST} } }`, {}, US);
    expect(shipment.checklist.map(({ stage }: any) => stage)).toEqual(['DEPARTURE', 'RECORDS']);
    expect(shipment.checklist[0].papers[0]).toMatchObject({
      standing: 'PRESENT',
      documents: { nodes: [{ number: 'CL-BILL-2' }, { number: 'CL-BILL-3' }] },
    });
  });

  test('wants the notification where the goods were held, and finds papers by the entry and the sale', async () => {
    expect(await standing('ARRIVAL', 'EMERGENCY_ACTION_NOTIFICATION', US!)).toEqual(['NOT_SEEN']);
    await attached({ ...buyers('CL-EAN', { type: 'EMERGENCY_ACTION_NOTIFICATION' }), emergencyActions: [ids['L-EAN']] }, THEM!);
    expect(await standing('ARRIVAL', 'EMERGENCY_ACTION_NOTIFICATION', US!)).toEqual(['PRESENT', 'CL-EAN']);
    await attached({ ...buyers('CL-LIST', { type: 'PACKING_LIST' }), customsEntries: [ids[ENTRY]] }, THEM!);
    expect(await standing('ENTRY', 'PACKING_LIST', THEM!)).toEqual(['PRESENT', 'CL-LIST']);
    expect(await standing('ENTRY', 'PACKING_LIST', US!)).toEqual(['NOT_SEEN']);
    await attached({ ...paper('CL-SALE', { type: 'SALES_DOCUMENT' }), facts: [facts.transfer] }, US!);
    expect((await standing('HAND_OVER', 'SALES_DOCUMENT', THEM!)).slice(1)).toContain('CL-SALE');
  });

  test('shows a key no more than its scopes', async () => {
    const key = async (scopes: string[]): Promise<As> => {
      const input = { idempotencyKey: `key ${++given}`, operation: ids.Buyer, name: `Key ${given}`, scopes, expiresOn: '2099-01-01' };
      const soon = new Date(Date.now() + 86_400_000 * 30).toISOString().slice(0, 10);
      const made = await lotline.data(
        'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
        { input: { ...input, expiresOn: soon } },
        THEM,
      );
      return { key: made.createKey.secret };
    };
    const all = await key(['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES']);
    const narrow = await key(['DOCUMENTS', 'IMPORT_CERTIFICATES']);
    expect((await standing('ENTRY', 'BILL_OF_LADING', all))[0]).toBe('PRESENT');
    expect(await standing('ENTRY', 'BILL_OF_LADING', narrow)).toEqual(['NOT_SEEN']);
    expect(await standing('ARRIVAL', 'EMERGENCY_ACTION_NOTIFICATION', narrow)).toBeUndefined();
    expect(await standing('ENTRY', 'PACKING_LIST', narrow)).toEqual(['NOT_SEEN']);
    const blind = await lotline.ask(`{ importCertificate(number: "${NUMBER}") { ${CHECKLIST} } }`, {}, await key(['IMPORT_CERTIFICATES']));
    expect(blind.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe("an importer's procedure for verifying imports", () => {
  const versions = async (as: As, on: string | null = null): Promise<[number, string, string | null, string][]> => {
    const { operation } = await lotline.data(
      `query ($on: Date) { operation(identifier: "${IMPORTER}") { importProcedures(on: $on) { totalCount nodes { version from until document { number } } } } }`,
      { on },
      as,
    );
    return operation.importProcedures.nodes.map((each: any) => [each.version, each.from, each.until, each.document.number]);
  };
  const arrival = async (as: As): Promise<[string, string[]]> => {
    const { importCertificate } = await lotline.data(
      `{ importCertificate(number: "${NUMBER}") { checklist { stage papers { types standing documents { nodes { number } } } } } }`,
      {},
      as,
    );
    const { papers } = importCertificate.checklist.find(({ stage }: any) => stage === 'ARRIVAL');
    const [procedure] = papers.filter(({ types }: any) => types.includes('IMPORT_PROCEDURE'));
    return [procedure.standing, numbers(procedure.documents)];
  };
  const put = (number: string, issuedOn: string) =>
    attached(buyers(number, { type: 'IMPORT_PROCEDURE', issuedOn, markedOrganic: 'NOT_APPLICABLE' }), THEM!);

  test('is missing until there is one; a newer version replaces the older without losing it', async () => {
    expect(await versions(THEM!)).toEqual([]);
    expect(await arrival('analyst')).toEqual(['MISSING', []]);
    expect(await arrival(THEM!)).toEqual(['NOT_SEEN', []]);
    await put('P-2', '2025-06-01');
    // It came into force when the goods had arrived.
    expect(await arrival(THEM!)).toEqual(['NOT_SEEN', []]);
    await put('P-1', '2025-01-01');
    expect(await versions(THEM!)).toEqual([
      [1, '2025-01-01', '2025-06-01', 'P-1'],
      [2, '2025-06-01', null, 'P-2'],
    ]);
    for (const as of ['analyst', THEM!, IMPORTING!] as As[]) expect([as, await arrival(as)]).toEqual([as, ['PRESENT', ['P-1']]]);
    // The exporter does not see it, nor how many there are.
    expect(await arrival(US!)).toEqual(['NOT_SEEN', []]);
    expect(await versions(US!)).toEqual([]);
    // Who certified the importer then sees what was in force, and not what came later.
    expect(await versions(OLD!)).toEqual([[1, '2025-01-01', null, 'P-1']]);
  });

  test('is asked for as it was in force on a day', async () => {
    expect(await versions(THEM!, '2024-12-31')).toEqual([]);
    expect(await versions(THEM!, '2025-05-31')).toEqual([[1, '2025-01-01', '2025-06-01', 'P-1']]);
    expect(await versions(THEM!, '2025-06-01')).toEqual([[2, '2025-06-01', null, 'P-2']]);
    await put('P-2b', '2025-06-01');
    expect(await versions(THEM!, '2025-06-01')).toEqual([[3, '2025-06-01', null, 'P-2b']]);
    expect(await versions(THEM!)).toHaveLength(3);
  });

  test('is numbered uniquely, and a copy that another keeps is no version', async () => {
    expect(reasons(await attach(buyers('P-1', { type: 'IMPORT_PROCEDURE', issuedOn: '2025-09-01' }), THEM!))).toEqual([
      'CONFLICT paper.number',
    ]);
    const copy = { operation: ids.Seller!, paper: { ...buyers('P-9', { type: 'IMPORT_PROCEDURE', issuedOn: '2025-08-01' }).paper } };
    await attached(copy, US!);
    expect((await versions(THEM!)).map(([, , , number]) => number)).toEqual(['P-1', 'P-2', 'P-2b']);
  });
});
