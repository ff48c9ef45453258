import { CountryCodeScalar, DateScalar, type LotKind, parseCode, parseCountry, parseDay, quote } from '@lotline/schema';
import { Field, Float, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import {
  type Command,
  CommandInput,
  idempotencyKey,
  idOf,
  isReason,
  noSuch,
  notYet,
  optional,
  QuantityInput,
  quantity,
  read,
  type Work,
  weigh,
} from '../commands';
import { heldAtTheBorder } from './at-the-border';
import { type NewInput, type NewLot, recordLotFacts } from './facts';
import { judgeUses, knownProducts, LotUseInput, lotUses } from './inputs';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';

@InputType({ description: 'The birth of a lot.' })
abstract class LotBirthInput extends CommandInput {
  @Field(() => ID, { description: 'The operation that produced it, and holds it first.' })
  producer: string;

  @Field(() => ID, { description: 'What it is.' })
  product: string;

  @Field(() => String, { description: 'Unique within the producer; at most 128 characters.' })
  code: string;

  @Field(() => QuantityInput, { description: 'Net mass at birth.' })
  quantity: QuantityInput;

  @Field(() => DateScalar, { nullable: true, description: 'Day of birth.' })
  producedOn?: string;

  @Field(() => CountryCodeScalar, { nullable: true, description: "Where; the producer's country where none is given." })
  country?: string;

  @Field(() => Float, { nullable: true, description: 'Degrees north, -90 to 90.' })
  latitude?: number;

  @Field(() => Float, { nullable: true, description: 'Degrees east, -180 to 180.' })
  longitude?: number;
}

@InputType({ description: 'A lot that comes from a field.' })
export class RecordHarvestInput extends LotBirthInput {}

@InputType({ description: 'A lot made of other lots that its producer holds.' })
export class RecordTransformationInput extends LotBirthInput {
  @Field(() => [LotUseInput], { description: 'What it was made of.' })
  inputs: LotUseInput[];
}

const A_LATITUDE = 'a latitude is a number of degrees';
const A_LONGITUDE = 'a longitude is a number of degrees';

const birth = z.object({
  idempotencyKey,
  producer: idOf('Operation'),
  product: idOf('Product'),
  code: read(parseCode),
  quantity,
  producedOn: optional(read(parseDay)),
  country: optional(read(parseCountry)),
  latitude: optional(z.number(A_LATITUDE).min(-90, 'a latitude is at least -90').max(90, 'a latitude is at most 90')),
  longitude: optional(z.number(A_LONGITUDE).min(-180, 'a longitude is at least -180').max(180, 'a longitude is at most 180')),
});
type Birth = z.infer<typeof birth>;

const transformation = birth.extend({ inputs: lotUses.min(1, 'a transformation has at least one input') });

/** The new lot, judged: producer and product exist, the code is free, the day has come. */
async function judgeBirths(work: Work, rows: readonly Birth[], kind: LotKind): Promise<(NewLot | null)[]> {
  const products = await knownProducts(
    work,
    rows.map((row) => row.product),
  );
  const producers = new Map(
    (
      await work.tx.query<{ id: string; country: string }>('select id, country from operation where id = any($1)', [
        rows.map((row) => row.producer),
      ])
    ).map((each) => [each.id, each]),
  );
  const taken = new Set(
    (
      await work.tx.query<{ producer: string; code: string }>(
        'select l.producer, l.code from lot l join unnest($1::uuid[], $2::text[]) as w(producer, code) on l.producer = w.producer and l.code = w.code',
        [rows.map((row) => row.producer), rows.map((row) => row.code)],
      )
    ).map((each) => JSON.stringify([each.producer, each.code])),
  );

  return rows.map((row, index) => {
    const producer = producers.get(row.producer);
    const product = products.get(row.product);
    if (!producer) work.refuse(index, noSuch('operation', 'producer'));
    if (!product) work.refuse(index, noSuch('product', 'product'));
    const key = JSON.stringify([row.producer, row.code]);
    if (taken.has(key)) {
      work.refuse(index, {
        code: 'CONFLICT',
        message: `this producer has a lot ${quote(row.code)}`,
        path: ['code'],
        remedy: 'choose a code that the producer has not used',
      });
    }
    taken.add(key);
    const early = notYet(row.producedOn, work.now, 'producedOn');
    if (early) work.refuse(index, early);
    if (!producer || !product) return null;
    const grams = weigh(row.quantity, product.kgPerBushel);
    if (isReason(grams)) {
      work.refuse(index, { ...grams, path: ['quantity'] });
      return null;
    }
    return {
      id: uuidv7(),
      code: row.code,
      producerId: row.producer,
      productId: row.product,
      kind,
      grams,
      value: row.quantity.value,
      unit: row.quantity.unit,
      producedOn: row.producedOn,
      producedAt: null,
      country: row.country ?? producer.country,
      latitude: row.latitude,
      longitude: row.longitude,
      attributes: null,
    };
  });
}

const present = (lots: (NewLot | null)[]): NewLot[] => lots.filter((lot) => lot !== null);

/** A harvest: a lot out of a field, into its producer's holding. */
export const recordHarvest: Command<Birth, { lot: string }> = {
  name: 'recordHarvest',
  input: birth,
  may: (viewer, input) => mayActFor(viewer, input.producer, 'LOTS'),
  async run(work, rows) {
    const lots = present(await judgeBirths(work, rows, 'HARVEST'));
    work.check();
    await recordLotFacts(work, { lots });
    return lots.map((lot) => ({ lot: lot.id }));
  },
};

/** A transformation: a lot made of lots that its producer holds. */
export const recordTransformation: Command<z.infer<typeof transformation>, { lot: string }> = {
  name: 'recordTransformation',
  input: transformation,
  may: (viewer, input) => mayActFor(viewer, input.producer, 'LOTS'),
  async run(work, rows) {
    const lots = await judgeBirths(work, rows, 'TRANSFORMATION');
    const inputs: NewInput[] = [];
    const held = await lockHoldings(
      work.tx,
      rows.flatMap((row) => row.inputs.map((use) => ({ lotId: use.lot, ownerId: row.producer }))),
    );
    const border = await heldAtTheBorder(
      work,
      rows.flatMap((row) => row.inputs.map((use) => ({ lotId: use.lot, ownerId: row.producer }))),
    );
    const judged = await judgedLots(
      work.tx,
      rows.flatMap((row) => row.inputs.map((use) => use.lot)),
    );
    for (const [index, row] of rows.entries()) {
      const output = { id: lots[index]?.id ?? '', producerId: row.producer, producedOn: row.producedOn };
      inputs.push(...(await judgeUses(work, index, output, row.inputs, { held, judged, border })));
    }
    work.check();
    await recordLotFacts(work, { lots: present(lots), inputs });
    return present(lots).map((lot) => ({ lot: lot.id }));
  },
};
