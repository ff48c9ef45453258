import { type Day, earliest, grams, latest, parseDay, today } from '@lotline/schema';
import { z } from 'zod';
import { CLOCK } from '../access';
import { OPEN } from '../certificates';
import { type Command, type Runner, read, type Work } from '../commands';
import type { Task } from '../jobs';
import { movementsOf, ownershipOf } from '../lots';
import { type Hit as Notice, tellOfHits } from '../notices';
import { operationById, standingOf } from '../operations';
import { firstUncertifiedDay, type Standing } from '../rules';
import { type Loss, lossesOf } from './losses';
import { startOf } from './plan';
import { type Beginning, type HeldLot, type Hit, holdersOf, spread } from './spread';

const payload = z.object({ certificate: z.uuid(), day: read(parseDay), after: z.uuid() });
const RULE = '7 CFR 205.100, 205.662';
const LOST = 'PARTY_LOST_CERTIFICATION';

interface OwnLot {
  id: string;
  producer: string;
  product: string;
  grams: string;
  producedOn: Day | null;
  producedAt: Date | null;
}

/** Organic lots that an operation produced or ever had. */
const lotsOf = ({ tx }: Work, operation: string): Promise<OwnLot[]> =>
  tx.query<OwnLot>(
    `select l.id, l.producer, l.product, l.grams, l.produced_on as "producedOn", l.produced_at as "producedAt"
     from holding h join lot l on l.id = h.lot join product p on p.id = l.product and p.organic where h.owner = $1 order by l.id`,
    [operation],
  );

/** What an operation did while it was not certified. */
interface Uncertified {
  /** Lots that it produced and that are organic goods which it is not certified for now: whoever has some. */
  produced: Set<string>;
  /** All that it produced of what it was not certified for. */
  own: Set<string>;
  /** Lots that it produced or had while it was not, in whose hands that follows. */
  began: Map<string, Beginning>;
}

/**
 * Of the lots of an operation: those that it produced, and of all those that it produced or had on a day on which it was not certified for them. Both ends of a
 * holding count as held.
 */
async function uncertifiedOf(work: Work, { operation, day, until }: Loss, standing: Standing): Promise<Uncertified> {
  const now = today(work.now);
  const last = until === null || until > now ? now : until;
  const found: Uncertified = { produced: new Set(), own: new Set(), began: new Map() };
  const lots = (await lotsOf(work, operation)).filter(
    ({ product }) => firstUncertifiedDay(standing, product, day, latest(day, last)) !== null,
  );
  const movements = await movementsOf(
    work.reader,
    lots.map(({ id }) => id),
  );
  lots.forEach((lot, index) => {
    const { id, producer, product, producedOn, producedAt } = lot;
    const isOwn = producer === operation;
    if (isOwn) found.own.add(id);
    if (isOwn && firstUncertifiedDay(standing, product, now, now) !== null) found.produced.add(id);
    const birth = { producerId: producer, grams: grams(lot.grams), producedOn, producedAt };
    for (const { ownerId, acquiredFromId, heldFrom, until: gone } of ownershipOf(birth, movements[index]!, now)) {
      if (ownerId !== operation) continue;
      const [from, to] = [latest(heldFrom, day), earliest(gone ?? now, last)];
      const since = from > to ? null : firstUncertifiedDay(standing, product, from, to);
      if (since === null) continue;
      const known = found.began.get(id);
      if (isOwn && acquiredFromId === null && since === heldFrom) found.began.set(id, 'EVERYBODY');
      else if (known === undefined || (known !== 'EVERYBODY' && known.since! > since)) found.began.set(id, { holder: operation, since });
    }
  });
  return found;
}

const NAMELESS = 'Somebody who produced, held or handled what it is, or what it was made of, was not certified.';

/** Is an operation not certified now for one of these? */
const lacksOneOf = (work: Work, standing: Standing, products: readonly string[]): boolean => {
  const now = today(work.now);
  return products.some((product) => firstUncertifiedDay(standing, product, now, now) !== null);
};

/** Shipments on the water that carry such lots, or that the operation sent with goods that it is not certified for now. */
async function shipmentsHit(
  work: Work,
  operation: string,
  standing: Standing,
  hit: ReadonlyMap<string, Hit>,
  says: string,
): Promise<Notice[]> {
  const rows = await work.tx.query<{ id: string; shipper: string; consignee: string; lots: string[]; products: string[] }>(
    `select s.id, s.shipper, s.consignee, array_agg(x.lot) as lots, array_agg(distinct l.product) as products from shipment s join shipped_lot x on x.shipment = s.id and x.retracted_by is null
       join lot l on l.id = x.lot join product p on p.id = l.product and p.organic
     where (s.shipper = $1 or s.id in (select k.shipment from shipped_lot k where k.lot = any($2) and k.retracted_by is null))
       and exists (select from shipment_leg g where g.shipment = s.id and g.retracted_by is null and g.departed_on is not null)
       and (select g.arrived_on from shipment_leg g where g.shipment = s.id and g.retracted_by is null order by g.sequence desc limit 1) is null
     group by s.id order by s.id`,
    [operation, [...hit.keys()]],
  );
  return rows.flatMap(({ id, shipper, consignee, lots, products }): Notice[] => {
    const isSent = shipper === operation && lacksOneOf(work, standing, products);
    const carries = lots.some((lot) => {
      const who = hit.get(lot);
      return who === 'EVERYBODY' || who?.has(shipper) || who?.has(consignee);
    });
    if (!carries && !isSent) return [];
    return [{ noun: 'Shipment', subject: id, message: isSent ? says : NAMELESS, holders: [shipper, consignee] }];
  });
}

/** Open import certificates that name the operation for goods that it is not certified for now, or of which a line names such a lot. */
async function certificatesHit(
  work: Work,
  { operation, until }: Loss,
  standing: Standing,
  hit: ReadonlyMap<string, Hit>,
  says: string,
): Promise<Notice[]> {
  const rows = await work.tx.query<{ id: string; exporter: string; named: boolean; products: string[]; lots: string[] }>(
    `select c.id, c.exporter, $1 in (c.exporter, c.final_handler, c.importer) as named,
       array(select distinct x.product from import_certificate_line x where x.import_certificate = c.id and x.retracted_by is null) as products,
       array(select distinct x.lot from import_certificate_line x where x.import_certificate = c.id and x.retracted_by is null and x.lot = any($2)) as lots
     from import_certificate c
     where (c.exporter = $1 or c.final_handler = $1 or c.importer = $1
         or c.id in (select x.import_certificate from import_certificate_line x where x.lot = any($2) and x.retracted_by is null))
       and (select s.status from import_certificate_status s where s.import_certificate = c.id and s.retracted_by is null order by s.sequence desc limit 1) = any($3)
     order by c.id`,
    [operation, [...hit.keys()], OPEN],
  );
  return rows.flatMap(({ id, exporter, named, products, lots }): Notice[] => {
    const isNamed = named && (products.length === 0 ? until === null || until > today(work.now) : lacksOneOf(work, standing, products));
    const covers = lots.some((lot) => {
      const who = hit.get(lot)!;
      return who === 'EVERYBODY' || who.has(exporter);
    });
    if (!isNamed && !covers) return [];
    return [{ noun: 'ImportCertificate', subject: id, message: isNamed ? says : NAMELESS, holders: [] }];
  });
}

/**
 * An operation is certified no more: tells whoever has what it hits, once. The lots that it produced; those that it produced or had while it was not certified for
 * them, and all that was made of these; shipments with such lots that are on the water, or that it sent; open import certificates that name it, or such a lot.
 * Who it was is told where that is known anyway: of its own lots, shipments and certificates. Where several certificates fall on one day it is told once.
 */
export const tellOfLostStanding: Command<z.infer<typeof payload>, { told: number }> = {
  name: 'tellOfLostStanding',
  input: payload,
  may: (viewer) => (viewer === CLOCK ? null : { code: 'FORBIDDEN', message: 'the clock tells of it', remedy: 'wait for it' }),
  async run(work, rows) {
    const outcomes: { told: number }[] = [];
    for (const { certificate, day } of rows) {
      const loss = (await lossesOf(work.tx, [certificate])).find((each) => each.day === day);
      if (!loss) {
        outcomes.push({ told: 0 });
        continue;
      }
      const standing = await work.reader.loader(standingOf).load(loss.operation);
      const { name } = (await work.reader.loader(operationById).load(loss.operation))!;
      const says = `${name} is not certified since ${day}: ${loss.status}.`;
      const was = loss.until === null ? says : `${name} was not certified from ${day} until ${loss.until}: ${loss.status}.`;
      const { produced, own, began } = await uncertifiedOf(work, loss, standing);
      const hit = await spread(work.reader, began);
      const all = new Map<string, Hit>([
        ...[...produced].map((lot) => [lot, 'EVERYBODY'] as const),
        ...[...hit].filter(([lot]) => !produced.has(lot)),
      ]);
      const held = await holdersOf(work.reader, all);
      const notices = [
        ...held.map(
          ({ id, holders }: HeldLot): Notice => ({
            noun: 'Lot',
            subject: id,
            message: own.has(id) ? (produced.has(id) ? says : was) : NAMELESS,
            holders,
          }),
        ),
        ...(await shipmentsHit(work, loss.operation, standing, all, says)),
        ...(await certificatesHit(work, loss, standing, all, says)),
      ];
      const blow = { kind: LOST, rule: RULE, cause: loss.operation, due: startOf(day) } as const;
      outcomes.push({ told: await tellOfHits(work, blow, notices) });
    }
    return outcomes;
  },
};

/** The task of the worker. However often it is done, each is told once. */
export const standingTask =
  (runner: Runner): Task =>
  async (given) => {
    const { certificate, day, after } = payload.parse(given);
    await runner.execute(tellOfLostStanding, CLOCK, [{ certificate, day, after }], `${certificate} ${day} ${after}`);
  };
