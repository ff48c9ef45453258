import { type Day, type Grams, grams, quote, toKilograms } from '@lotline/schema';
import type { Work } from '../commands';
import { forgetHolder, giveBack, givenBy, lockLot } from '../lots';
import { ABOUT_NOTHING, mayRetract, type Retracted, type Retraction, refuseBuiltOn, retractParties, type Standing, standing } from './fact';

// Facts that moved grams of a lot, taken back: a use, a transfer, a loss. A birth is no fact of these: what was made of a lot begins with it.

const BY = (fact: string) => `(select c.by from command c where c.id = ${fact}.recorded_by) as by`;

interface Use extends Standing {
  output: string;
  holder: string;
  grams: string;
}

const USE = `select i.id, i.input as subject, ${BY('i')}, i.retracted_by as "retractedBy", i.output, i.holder, i.grams from lot_input i where i.id = $1`;

/** A use: the input has its grams again, and nothing builds on them. The other inputs of the output stay declared. */
export async function retractUse(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id, reason } = retraction;
  const [of] = await work.tx.query<{ output: string; input: string; holder: string }>(
    'select output, input, holder from lot_input where id = $1',
    [id],
  );
  if (of) {
    await work.tx.query('select from lot where id = $1 for no key update', [of.output]);
    await lockLot(work, of.input, [of.holder]);
  }
  const use = await standing<Use>(work, retraction, USE);
  const forbidden = use && mayRetract(work.viewer, use.by, use.holder, 'LOTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  await work.tx.query('update lot_input set retracted_by = $2 where id = $1', [id, work.command]);
  await retractParties(work, id, [use!.subject]);
  await giveBack(work, { lot: use!.subject, from: use!.holder, to: null, grams: grams(use!.grams) });
  work.emit({ type: 'lot.inputs-declared', subject: use!.output, payload: { inputs: [], retracted: [id], reason } });
  return { ...ABOUT_NOTHING, lot: use!.output };
}

interface Moved extends Standing {
  on: Day;
  from: string;
  to: string | null;
  grams: string;
  document: string | null;
}

const TRANSFER = `select t.id, t.lot as subject, ${BY('t')}, t.retracted_by as "retractedBy", t.on_day as "on", t.sender as "from", t.receiver as "to", t.grams, t.document
  from transfer t where t.id = $1`;
const LOSS = `select a.id, a.lot as subject, ${BY('a')}, a.retracted_by as "retractedBy", a.on_day as "on", a.holder as "from", null::uuid as "to", a.grams, a.document
  from lot_adjustment a where a.id = $1`;

const WHAT = { TRANSFER: 'a transfer', USE: 'a use', LOSS: 'a loss' } as const;

/** What the receiver did with what it had by a transfer alone, in words: gave, shipped, claimed. */
async function builtOn(work: Work, { id, subject: lot, to, grams: passed }: Moved): Promise<string[]> {
  const given = await givenBy(work, lot, { fact: id, receiver: to! });
  const shipped = await work.tx.query<{ reference: string; grams: string }>(
    `select s.reference, x.grams from shipped_lot x join shipment s on s.id = x.shipment
     where x.lot = $1 and s.shipper = $2 and x.retracted_by is null and x.grams > (
       select case when l.producer = $2 then l.grams else 0 end
         + coalesce((select sum(t.grams) from transfer t where t.lot = l.id and t.receiver = $2 and t.retracted_by is null and t.id <> $3), 0)
       from lot l where l.id = x.lot) order by s.reference`,
    [lot, to, id],
  );
  const [claimed] = await work.tx.query<{ grams: string; had: string }>(
    `select coalesce(sum(n.grams), 0) as grams, (
       select case when l.producer = $2 then l.grams else 0 end
         + coalesce((select sum(t.grams) from transfer t where t.lot = l.id and t.receiver = $2 and t.retracted_by is null), 0)
       from lot l where l.id = $1) as had
     from import_certificate_line n join import_certificate c on c.id = n.import_certificate and c.exporter = $2
     where n.lot = $1 and n.retracted_by is null and claiming(n) and not exists (select from import_certificate_status s
       where s.import_certificate = c.id and s.retracted_by is null and s.status in ('VOIDED', 'REJECTED', 'WITHDRAWN'))`,
    [lot, to],
  );
  const mass = (text: string | Grams) => `${toKilograms(grams(text))} kg`;
  const isClaimed = BigInt(claimed!.grams) > BigInt(claimed!.had) - BigInt(passed);
  return [
    ...given.map(({ kind, on, grams: some }) => `${WHAT[kind]} of ${mass(some)}${on === null ? '' : ` on ${on}`}`),
    ...shipped.map((each) => `shipment ${quote(each.reference)} with ${mass(each.grams)}`),
    ...(isClaimed ? [`an import certificate that claims ${mass(claimed!.grams)}`] : []),
  ];
}

async function takeBack(work: Work, table: 'transfer' | 'lot_adjustment', moved: Moved, reason: string): Promise<Retracted> {
  const { id: fact, subject: lot, from, to, on } = moved;
  await work.tx.query(`update ${table} set retracted_by = $2 where id = $1`, [fact, work.command]);
  await retractParties(work, fact, [lot, moved.document]);
  await giveBack(work, { lot, from, to, grams: grams(moved.grams) });
  work.emit({
    type: 'lot.fact-retracted',
    subject: lot,
    payload: { fact, retracts: table === 'transfer' ? 'TRANSFERRED' : 'LOST', grams: moved.grams, on, from, to, reason },
  });
  return { ...ABOUT_NOTHING, lot };
}

/**
 * A transfer, by its receiver or whoever recorded it: nobody takes back what it gave. The grams are the sender's again, its offer is open again,
 * and a difference is taken back with it; unless the receiver has given, shipped or claimed them.
 */
export async function retractTransfer(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id, reason } = retraction;
  const [of] = await work.tx.query<{ lot: string; sender: string; receiver: string }>(
    'select lot, sender, receiver from transfer where id = $1',
    [id],
  );
  if (of) await lockLot(work, of.lot, [of.sender, of.receiver]);
  const transfer = await standing<Moved>(work, retraction, TRANSFER);
  const forbidden = transfer && mayRetract(work.viewer, transfer.by, transfer.to, 'LOTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  refuseBuiltOn(work, index, await builtOn(work, transfer!), 'take that back first, or record how the receiver came to it otherwise');
  work.check();
  await work.tx.query('update transfer_difference set retracted_by = $2 where transfer = $1 and retracted_by is null', [id, work.command]);
  const retracted = await takeBack(work, 'transfer', transfer!, reason);
  await forgetHolder(work, transfer!.subject, transfer!.to!);
  return retracted;
}

/** A loss: its holder has the grams again. */
export async function retractLoss(work: Work, retraction: Retraction): Promise<Retracted> {
  const { index, id, reason } = retraction;
  const [of] = await work.tx.query<{ lot: string; holder: string }>('select lot, holder from lot_adjustment where id = $1', [id]);
  if (of) await lockLot(work, of.lot, [of.holder]);
  const loss = await standing<Moved>(work, retraction, LOSS);
  const forbidden = loss && mayRetract(work.viewer, loss.by, loss.from, 'LOTS');
  if (forbidden) work.refuse(index, forbidden);
  work.check();
  return takeBack(work, 'lot_adjustment', loss!, reason);
}
