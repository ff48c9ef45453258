import { DateScalar, type Day, parseDay, quote, type Reason, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { onBehalfOf, subjectVisible } from '../access';
import { idOf, isReason, noSuch, notYet, optional, QuantityInput, quantity, read, type Work, weigh } from '../commands';
import { type AtTheBorder, freeOf, heldBack, holding } from './at-the-border';
import type { NewInput } from './facts';
import { leastFrom } from './holdings';
import type { JudgedLot } from './judged';
import type { Held } from './ledger';

// What the commands about lots take as input, and the policies that uses of lots share.

@InputType({ description: 'Grams of a lot that go into another.' })
export class LotUseInput {
  @Field(() => ID, { description: 'The lot used.' })
  lot: string;

  @Field(() => QuantityInput, { description: 'Mass taken.' })
  quantity: QuantityInput;

  @Field(() => DateScalar, { nullable: true, description: "Day of use; the output's birth day where none is given." })
  on?: string;
}

export const lotUse = z.object({ lot: idOf('Lot'), quantity, on: optional(read(parseDay)) });
export type LotUse = z.infer<typeof lotUse>;

/** Most inputs that one lot may be declared to have by a mutation; more come by import. */
export const MOST_INPUTS = 1000;
export const lotUses = z.array(lotUse).max(MOST_INPUTS, `a lot takes at most ${MOST_INPUTS} inputs in one command`);

/** A product's own bushel weight, by product; refuses what does not exist. */
export interface KnownProduct {
  id: string;
  kgPerBushel: string | null;
}

export async function knownProducts(work: Work, ids: readonly string[]): Promise<Map<string, KnownProduct>> {
  const rows = await work.tx.query<KnownProduct>('select id, kg_per_bushel as "kgPerBushel" from product where id = any($1)', [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** A lot that takes inputs: who uses them, and when it was born. */
export interface Output {
  id: string;
  producerId: string;
  producedOn: Day | null;
}

interface UsedLot {
  id: string;
  code: string;
  grams: string;
  produced_on: Day | null;
  kg_per_bushel: string | null;
}

/**
 * The uses of one output as facts, judged by the policies: the lots exist, were born by the day of use, which has come, and the user holds that
 * much, by that day and to spare from then on, and not at the border.
 * @param held what the user has, locked; what is used is taken out of it
 * @param judged the facts of the lots, as they would stand; what is used is added to them
 * @param border what is held of the lots at the border
 * @param givenBack what uses that are corrected give back, by lot: so much may be used again
 */
export async function judgeUses(
  work: Work,
  row: number,
  output: Output,
  uses: readonly LotUse[],
  {
    held,
    judged,
    border,
    givenBack = new Map(),
  }: { held: Held; judged: ReadonlyMap<string, JudgedLot>; border: AtTheBorder; givenBack?: ReadonlyMap<string, bigint> },
): Promise<NewInput[]> {
  const lots = new Map(
    (
      await work.tx.query<UsedLot>(
        `select l.id, l.code, l.grams, l.produced_on, p.kg_per_bushel from lot l join product p on p.id = l.product
         where l.id = any($1) and ${subjectVisible(onBehalfOf(work.viewer, output.producerId), 'l.id')}`,
        [uses.map((use) => use.lot)],
      )
    ).map((lot) => [lot.id, lot]),
  );
  const facts: (NewInput & { place: number })[] = [];
  const seen = new Set<string>();
  for (const [index, use] of uses.entries()) {
    const at = (reason: Reason, ...path: string[]) => work.refuse(row, { ...reason, path: ['inputs', index, ...path] });
    const lot = lots.get(use.lot);
    if (!lot) {
      work.refuse(row, noSuch('lot', 'inputs', index, 'lot'));
      continue;
    }
    const grams = weigh(use.quantity, lot.kg_per_bushel);
    if (isReason(grams)) {
      at(grams, 'quantity');
      continue;
    }
    const key = JSON.stringify([use.lot, grams.toString(), use.on]);
    if (seen.has(key)) {
      at({ code: 'CONFLICT', message: 'this input is given twice', remedy: 'add the two masses up' });
      continue;
    }
    seen.add(key);
    const early = notYet(use.on, work.now, 'inputs', index, 'on');
    if (early) work.refuse(row, early);
    const usedOn = use.on ?? output.producedOn;
    if (usedOn && lot.produced_on && lot.produced_on > usedOn) {
      at(
        {
          code: 'REFUSED',
          message: `lot ${quote(lot.code)} was born on ${lot.produced_on}, after the day of use ${usedOn}`,
          rule: '7 CFR 205.103',
          remedy: 'correct the day of use or the birth day',
        },
        'on',
      );
    }
    facts.push({
      place: index,
      id: uuidv7(),
      outputId: output.id,
      inputId: use.lot,
      holderId: output.producerId,
      grams,
      value: use.quantity.value,
      unit: use.quantity.unit,
      on: use.on,
      at: null,
      usedOn,
      reference: null,
      attributes: null,
    });
  }

  const wanted = new Map<string, bigint>();
  for (const fact of facts) wanted.set(fact.inputId, (wanted.get(fact.inputId) ?? 0n) + fact.grams);
  for (const [lotId, wants] of wanted) {
    const has = held.of(lotId, output.producerId);
    held.add(lotId, output.producerId, -wants);
    const back = border.of({ lotId, ownerId: output.producerId });
    if (wants <= has && wants > has - back.grams && wants > (givenBack.get(lotId) ?? 0n)) {
      const { code } = lots.get(lotId)!;
      const place = uses.findIndex((use) => use.lot === lotId);
      const message = `${toKilograms(wants)} kg of lot ${quote(code)} are used, but ${freeOf(has, back.grams)} kg of what its user holds is free: ${holding(back)}`;
      work.refuse(row, heldBack(message, ['inputs', place, 'quantity']));
    }
    if (wants <= has) {
      judgeDays(
        work,
        row,
        lots.get(lotId)!,
        judged.get(lotId)!,
        facts.filter(({ inputId }) => inputId === lotId),
      );
      continue;
    }
    work.refuse(row, {
      code: 'REFUSED',
      message: `${toKilograms(wants)} kg of lot ${quote(lots.get(lotId)!.code)} are used, but its user holds ${toKilograms(has)} kg`,
      path: ['inputs', uses.findIndex((use) => use.lot === lotId), 'quantity'],
      rule: '7 CFR 205.403(d)(4)',
      remedy: 'use at most what is held, or record the transfer by which it came',
    });
  }
  return facts;
}

/** What is used of a lot is had on the day of its use, and is not given away later. */
function judgeDays(
  work: Work,
  row: number,
  lot: UsedLot,
  { birth, movements }: JudgedLot,
  uses: readonly (NewInput & { place: number })[],
): void {
  for (const { id, inputId, outputId, holderId, grams, usedOn, place } of uses) {
    const isUnborn = usedOn !== null && lot.produced_on !== null && usedOn < lot.produced_on;
    const spare = usedOn === null ? null : leastFrom(birth, movements, holderId, usedOn);
    movements.push({
      lot: inputId,
      kind: 'USE',
      fact: id,
      from: holderId,
      to: null,
      output: outputId,
      outputCountry: null,
      grams,
      on: usedOn,
      at: null,
      document: null,
    });
    if (spare === null || isUnborn || grams <= spare) continue;
    work.refuse(row, {
      code: 'REFUSED',
      message: `${toKilograms(grams)} kg of lot ${quote(lot.code)} are used on ${usedOn}, but from then on its user had ${toKilograms(spare)} kg to spare`,
      path: ['inputs', place, 'on'],
      rule: '7 CFR 205.103(b)(2)',
      remedy: 'give a day from which on that much was held, or record first the transfer by which it came',
    });
  }
}
