import { quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewLeg, type NewShipment, type NewShippedLot, type NewTreatment, recordShipmentFacts } from '../shipments';
import {
  type Book,
  compare,
  equalRow,
  type KnownDocument,
  type KnownLot,
  type KnownShipment,
  keyOf,
  operationOf,
  Repeats,
  wrong,
} from './book';
import { CodeReferences, SHIPMENT_NAMES, storedShipments } from './code-references';
import { type Row, SHIPMENT_LEGS, SHIPMENT_LOTS, SHIPMENTS, TREATMENTS } from './columns';
import { bindLate, type Found, paperOf, papersKnown, storedFacts, withoutKnown } from './movements';
import { namesOf } from './references';
import { weigh } from './weigh';

type Lots = CodeReferences<KnownLot>;
type Shipments = CodeReferences<KnownShipment>;

/** Shipments, their legs and lots, and treatments, checked; to be stored when nothing of the folder is wrong. */
export async function checkShipments(
  book: Book,
  lots: Lots,
  documents: CodeReferences<KnownDocument>,
): Promise<{ references: Shipments; store(): Promise<void> }> {
  const references: Shipments = new CodeReferences(SHIPMENT_NAMES);
  const names = new Set(namesOf(book, 'shipment'));
  for (const row of book.folder.rows(SHIPMENTS)) names.add(row.values.reference);
  if (names.size > 0) {
    book.progress.step('checking shipments');
    for (const shipment of await storedShipments(book, references.codesIn(names))) references.add(shipment);
    await lockShipments(book, references, names);
  }
  const shipments = await newShipments(book, references);
  const legs = await newLegs(book, references);
  for (const { shipment, departedOn } of legs) {
    const known = references.of(shipment.owner, shipment.code)!;
    if (departedOn !== null && (known.departedOn === null || departedOn < known.departedOn)) known.departedOn = departedOn;
  }
  const shipped = await newShippedLots(book, references, lots);
  const treatments = await newTreatments(book, references, lots, documents);
  return {
    references,
    store: async () => {
      if (shipments.length + legs.length + shipped.length + treatments.length === 0) return;
      book.progress.step(`storing ${shipments.length} shipments, ${legs.length} legs, ${treatments.length} treatments`);
      await recordShipmentFacts(book.work, { shipments, legs, lots: shipped, treatments });
    },
  };
}

/** Whoever adds facts to a stored shipment looks at those it has and writes the missing ones while nobody else does the same. */
async function lockShipments(book: Book, references: Shipments, names: Iterable<string>): Promise<void> {
  const ids = new Set<string>();
  for (const name of names) for (const { id, stored } of references.find(name)) if (stored) ids.add(id);
  if (ids.size > 0) await book.work.tx.query('select from shipment where id = any($1) order by id for no key update', [[...ids]]);
}

async function newShipments(book: Book, references: Shipments): Promise<NewShipment[]> {
  const rows = book.folder.rows(SHIPMENTS);
  const known = new Map(
    (rows.length === 0
      ? []
      : await book.work.tx.query<{ key: string; consignee: string; booked_on: string | null; attributes: object | null }>(
          `select o.identifier || '/' || s.reference as key, c.identifier as consignee, s.booked_on, s.attributes
           from shipment s join operation o on o.id = s.shipper join operation c on c.id = s.consignee where s.reference = any($1)`,
          [rows.map((row) => row.values.reference)],
        )
    ).map(({ key, ...row }) => [key, row]),
  );
  const repeats = new Repeats<Row<typeof SHIPMENTS>>();
  const shipments: NewShipment[] = [];
  let unchanged = 0;
  const stated = ({ values: { consignee, booked_on } }: Row<typeof SHIPMENTS>) => ({ consignee, booked_on });
  for (const row of rows) {
    const { line, values, attributes } = row;
    const shipper = operationOf(book, SHIPMENTS, line, 'shipper', values.shipper);
    const consignee = operationOf(book, SHIPMENTS, line, 'consignee', values.consignee);
    if (!shipper || !consignee) {
      book.folder.doubts.add(SHIPMENTS, values.reference);
      continue;
    }
    const what = `shipment ${quote(values.reference)} of ${values.shipper}`;
    const earlier = repeats.earlier([values.shipper, values.reference], line, row);
    const before = known.get(`${values.shipper}/${values.reference}`);
    if (earlier || before) {
      const first = before ?? { ...stated(earlier!.row), attributes: earlier!.row.attributes };
      compare(book, SHIPMENTS, row, before ? what : `${what}, line ${earlier!.line},`, { ...first }, stated(row));
      unchanged++;
      continue;
    }
    const bookedOn = values.booked_on ?? null;
    const shipment: NewShipment = {
      id: uuidv7(),
      reference: values.reference,
      shipperId: shipper.id,
      consigneeId: consignee.id,
      bookedOn,
      attributes,
    };
    shipments.push(shipment);
    const { id, shipperId, consigneeId, reference: code } = shipment;
    references.add({ id, code, owner: values.shipper, shipperId, consigneeId, bookedOn, departedOn: null, stored: false });
  }
  book.counts[SHIPMENTS.name] = { recorded: shipments.length, unchanged };
  return shipments;
}

/** Legs have a key of their own: the shipment, and their place in its order. */
async function newLegs(book: Book, references: Shipments): Promise<(NewLeg & { shipment: KnownShipment })[]> {
  const rows = book.folder.rows(SHIPMENT_LEGS);
  const stored = new Map<string, Record<string, unknown> & { attributes: object | null }>();
  if (rows.length > 0) {
    const ids = [...new Set(rows.flatMap((row) => references.find(row.values.shipment).map(({ id }) => id)))];
    const known = await book.work.tx.query<Record<string, unknown> & { attributes: object | null }>(
      'select * from shipment_leg where shipment = any($1) and retracted_by is null',
      [ids],
    );
    const place = (leg: Record<string, unknown>, end: string) => ({
      name: leg[`${end}_name`],
      unLocode: leg[`${end}_un_locode`],
      country: leg[`${end}_country`],
    });
    const moment = (leg: Record<string, unknown>, what: string) => leg[`${what}_on`] && { on: leg[`${what}_on`], at: leg[`${what}_at`] };
    for (const leg of known) {
      stored.set(`${leg.shipment} ${leg.sequence}`, {
        ...leg,
        from_place: place(leg, 'from'),
        to_place: place(leg, 'to'),
        departed: moment(leg, 'departed'),
        arrived: moment(leg, 'arrived'),
      });
    }
  }
  const repeats = new Repeats<Row<typeof SHIPMENT_LEGS>>();
  const legs: (NewLeg & { shipment: KnownShipment })[] = [];
  let unchanged = 0;
  const stated = ({ values: { shipment: _, sequence: __, ...rest } }: Row<typeof SHIPMENT_LEGS>) => rest;
  for (const row of rows) {
    const { line, values, attributes } = row;
    const shipment = references.resolve(book, SHIPMENT_LEGS, line, 'shipment', values.shipment);
    if (!shipment) continue;
    const what = `leg ${values.sequence} of shipment ${quote(shipment.code)}`;
    const earlier = repeats.earlier([shipment.id, values.sequence], line, row);
    const before = stored.get(`${shipment.id} ${values.sequence}`);
    if (earlier || before) {
      const first = before ?? { ...stated(earlier!.row), attributes: earlier!.row.attributes };
      compare(book, SHIPMENT_LEGS, row, before ? what : `${what}, line ${earlier!.line},`, { ...first }, stated(row));
      unchanged++;
      continue;
    }
    legs.push({
      id: uuidv7(),
      shipment,
      sequence: values.sequence,
      mode: values.mode,
      from: values.from_place,
      to: values.to_place,
      departedOn: values.departed.on,
      departedAt: values.departed.at,
      arrivedOn: values.arrived?.on ?? null,
      arrivedAt: values.arrived?.at ?? null,
      carrier: values.carrier ?? null,
      conveyance: values.conveyance ?? null,
      container: values.container ?? null,
      seal: values.seal ?? null,
      attributes,
    });
  }
  book.counts[SHIPMENT_LEGS.name] = { recorded: legs.length, unchanged };
  return legs;
}

async function newShippedLots(book: Book, references: Shipments, lots: Lots): Promise<NewShippedLot[]> {
  const found: Found<NewShippedLot>[] = [];
  const repeats = new Map<string, number>();
  for (const row of book.folder.rows(SHIPMENT_LOTS)) {
    const { line, values, attributes } = row;
    const shipment = references.resolve(book, SHIPMENT_LOTS, line, 'shipment', values.shipment);
    const lot = lots.resolve(book, SHIPMENT_LOTS, line, 'lot', values.lot);
    const grams = lot && weigh(book, SHIPMENT_LOTS, line, values.quantity, values.unit, lot.product);
    if (!shipment || !lot || grams === null) continue;
    const fact: NewShippedLot = {
      id: uuidv7(),
      shipment,
      lotId: lot.id,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      on: shipment.departedOn ?? shipment.bookedOn,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(shipment.id, lot.id, fact.value, fact.unit, fact.reference);
    const earlier = repeats.get(key);
    if (earlier !== undefined) equalRow(book, SHIPMENT_LOTS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, key, row });
  }
  const known = await storedFacts(
    book,
    'select shipment, lot, value, unit, reference, attributes from shipped_lot where shipment = any($1) and retracted_by is null',
    found.map(({ fact }) => fact.shipment.id),
    (row) => [keyOf(row.shipment, row.lot, row.value, row.unit, row.reference)],
  );
  return withoutKnown(book, SHIPMENT_LOTS, found, known);
}

async function newTreatments(
  book: Book,
  references: Shipments,
  lots: Lots,
  documents: CodeReferences<KnownDocument>,
): Promise<NewTreatment[]> {
  const found: Found<NewTreatment>[] = [];
  const repeats = new Map<string, number>();
  for (const row of book.folder.rows(TREATMENTS)) {
    const { line, values, attributes } = row;
    if (!values.lot === !values.shipment) {
      const what = values.lot ? 'a treatment is of a lot or of a shipment, not of both' : 'neither a lot nor a shipment is named';
      wrong(book, TREATMENTS, line, values.lot ? 'shipment' : 'lot', what, 'name one of them; write a row for each');
      continue;
    }
    const lot = values.lot ? lots.resolve(book, TREATMENTS, line, 'lot', values.lot) : null;
    const shipment = values.shipment ? references.resolve(book, TREATMENTS, line, 'shipment', values.shipment) : null;
    const paper = paperOf(book, documents, TREATMENTS, line, values);
    if ((!lot && !shipment) || !paper) continue;
    const fact: NewTreatment = {
      id: uuidv7(),
      kind: values.kind,
      on: values.on.on,
      at: values.on.at,
      substance: values.substance,
      lotId: lot?.id ?? null,
      shipment,
      prohibited: values.prohibited ?? false,
      ...paper,
      reference: values.reference ?? null,
      attributes,
    };
    const key = treatmentKey({
      ...fact,
      lot: fact.lotId,
      shipment: shipment?.id ?? null,
      on_day: fact.on,
      document: paper.documentId ?? paper.documentNamed,
    });
    const earlier = repeats.get(key);
    if (earlier !== undefined) equalRow(book, TREATMENTS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, key, row });
  }
  const known = await storedFacts(
    book,
    `select id, kind, on_day, at, substance, lot, shipment, prohibited, document, document_named, reference, attributes from treatment
     where (lot = any($1) or shipment = any($1)) and retracted_by is null`,
    found.map(({ fact }) => fact.lotId ?? fact.shipment!.id),
    (row) => papersKnown(documents, row).map((document) => treatmentKey({ ...row, document })),
  );
  bindLate(book, 'treatment', TREATMENTS, documents, found, known);
  return withoutKnown(book, TREATMENTS, found, known);
}

const treatmentKey = (row: Record<string, unknown>): string =>
  keyOf(row.kind, row.on_day, row.at, row.substance, row.lot, row.shipment, row.prohibited, row.document, row.reference);
