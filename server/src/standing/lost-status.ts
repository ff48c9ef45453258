import { z } from 'zod';
import { CLOCK } from '../access';
import { type Command, type Runner, type Work } from '../commands';
import type { Task } from '../jobs';
import { type Hit as Notice, tellOfHits } from '../notices';
import { type Beginning, holdersOf, spread } from './spread';

const payload = z.object({ fact: z.uuid() });

interface Blow {
  lot: string | null;
  shipment: string | null;
  /** Was it released at the border, and not treated? */
  released: boolean;
  recordedAt: Date;
  /** On whose behalf a lot was held; null where that was reported. */
  madeBy: string | null;
  shipper: string | null;
  consignee: string | null;
}

/** A prohibited treatment, or a disposition, that is not taken back. */
async function blowOf({ tx }: Work, fact: string): Promise<Blow | undefined> {
  const [row] = await tx.query<Blow>(
    `select f.lot, f.shipment, f.released, f.made_by as "madeBy", k.at as "recordedAt", s.shipper, s.consignee from (
       select t.lot, t.shipment, false as released, null::uuid as made_by, t.recorded_by from treatment t
         where t.id = $1 and t.retracted_by is null and (t.prohibited or t.kind = 'IRRADIATION')
       union all
       select a.lot, a.shipment, true, a.made_by, d.recorded_by from disposition d join emergency_action a on a.id = d.emergency_action
         where d.id = $1 and d.retracted_by is null and d.kind = 'RELEASED_CONVENTIONAL'
     ) f join command k on k.id = f.recorded_by left join shipment s on s.id = f.shipment`,
    [fact],
  );
  return row;
}

/**
 * Where it began with a lot: with everybody who has some; of what was held on somebody's behalf with that one, or with the importers of it where a broker
 * told of it, and whoever got it from them.
 */
async function beginningOf({ tx }: Work, { lot, madeBy, released }: Blow): Promise<Beginning> {
  if (!released || madeBy === null) return 'EVERYBODY';
  const [holder] = await tx.query<{ id: string }>(
    `select h.owner as id from holding h where h.lot = $1 and h.owner = $2
     union all select i.id from emergency_action_certificate x join emergency_action a on a.id = x.emergency_action and a.lot = $1 and a.made_by = $2
       join import_certificate c on c.id = x.import_certificate cross join lateral unnest(array[c.importer, c.importer_of_record, c.consignee]) i(id)
       join holding h on h.lot = $1 and h.owner = i.id limit 1`,
    [lot, madeBy],
  );
  return { holder: holder?.id ?? madeBy, since: null };
}

/** Organic lots that a shipment carried when it was treated: from its first departure to its last arrival; of one that was held, all of them. */
const carriedThen = ({ tx }: Work, fact: string, shipment: string): Promise<{ lot: string }[]> =>
  tx.query<{ lot: string }>(
    `select distinct x.lot from shipped_lot x join lot l on l.id = x.lot join product p on p.id = l.product and p.organic where x.shipment = $2 and x.retracted_by is null and not exists (
       select from treatment t where t.id = $1 and (
         t.on_day < coalesce((select min(g.departed_on) from shipment_leg g where g.shipment = $2 and g.retracted_by is null), 'infinity')
         or t.on_day > (select case when (array_agg(g.arrived_on order by g.sequence desc))[1] is not null then max(g.arrived_on) end
           from shipment_leg g where g.shipment = $2 and g.retracted_by is null)))`,
    [fact, shipment],
  );

/**
 * Goods met what is prohibited (7 CFR 205.105, 205.272), or were released at the border as not organic: tells whoever has some of them now, or of what was made of
 * them, once. Of a shipment that is its two sides, and those who have the goods from its consignee on.
 */
export const tellOfLostStatus: Command<z.infer<typeof payload>, { told: number }> = {
  name: 'tellOfLostOrganicStatus',
  input: payload,
  may: (viewer) => (viewer === CLOCK ? null : { code: 'FORBIDDEN', message: 'the clock tells of it', remedy: 'wait for it' }),
  async run(work, rows) {
    const outcomes: { told: number }[] = [];
    for (const { fact } of rows) {
      const blow = await blowOf(work, fact);
      if (!blow) {
        outcomes.push({ told: 0 });
        continue;
      }
      const { lot, shipment, released, recordedAt } = blow;
      const began = new Map<string, Beginning>(
        lot !== null
          ? [[lot, await beginningOf(work, blow)]]
          : (await carriedThen(work, fact, shipment!)).map((each) => [each.lot, { holder: blow.consignee!, since: null }]),
      );
      const what = released ? 'was held at the border and released as not organic' : 'met a prohibited substance or radiation';
      const held = await holdersOf(work.reader, await spread(work.reader, began));
      const notices = held.map(({ id, holders }): Notice => {
        const own = `${shipment === null ? 'It' : 'What a shipment carried of it'} ${what}.`;
        return { noun: 'Lot', subject: id, message: began.has(id) ? own : `Something that went into it ${what}.`, holders };
      });
      if (shipment !== null && began.size > 0)
        notices.push({
          noun: 'Shipment',
          subject: shipment,
          message: `What it carries ${what}.`,
          holders: [blow.shipper!, blow.consignee!],
        });
      const rule = released ? '7 CFR 205.273' : '7 CFR 205.105, 205.272';
      outcomes.push({ told: await tellOfHits(work, { kind: 'LOST_ORGANIC_STATUS', rule, cause: fact, due: recordedAt }, notices) });
    }
    return outcomes;
  },
};

/** The task of the worker. However often it is done, each is told once. */
export const statusTask =
  (runner: Runner): Task =>
  async (given) => {
    const { fact } = payload.parse(given);
    await runner.execute(tellOfLostStatus, CLOCK, [{ fact }], fact);
  };
