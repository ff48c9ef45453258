import { type Grams, quote } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { subjectVisible, type Viewer } from '../access';
import { idOf, isReason, noSuch, optional, QuantityInput, quantity, type Work, weigh } from '../commands';

// What a request, or a revision, says that a certificate covers.

@InputType({ description: 'What an import certificate is to cover: a product, and the lot if it is known.' })
export class ImportCertificateLineInput {
  @Field(() => ID, { description: 'The product.' })
  product: string;

  @Field(() => ID, { nullable: true, description: 'The lot, if it is known.' })
  lot?: string;

  @Field(() => QuantityInput, { description: 'Net mass; an estimate where it is for a period.' })
  quantity: QuantityInput;
}

/** Most lines that a command takes; more come by import. */
const MOST_LINES = 1000;

export const certificateLines = z
  .array(z.object({ product: idOf('Product'), lot: optional(idOf('Lot')), quantity }))
  .min(1, 'a certificate covers something')
  .max(MOST_LINES, `a certificate takes at most ${MOST_LINES} lines`);

type GivenLine = z.infer<typeof certificateLines>[number];

/** A line that was judged. */
export interface CoveredLine {
  productId: string;
  productName: string;
  hts: string;
  lotId: string | null;
  grams: Grams;
  value: string;
  unit: string;
}

/**
 * Lines as they were given, each reason against one refused: product and lot are there, the lot is of the product and weighs that much, and
 * nothing is named twice. How much of a lot backs other certificates is asked at the issue.
 * @param viewer on whose behalf the lots are looked up
 */
export async function judgeLines(work: Work, index: number, viewer: Viewer, given: readonly GivenLine[]): Promise<CoveredLine[]> {
  const products = await work.tx.query<{ id: string; name: string; hts: string; kgPerBushel: string | null }>(
    'select id, name, hts, kg_per_bushel as "kgPerBushel" from product where id = any($1)',
    [given.map(({ product }) => product)],
  );
  const lots = await work.tx.query<{ id: string; code: string; product: string; grams: string }>(
    `select l.id, l.code, l.product, l.grams from lot l where l.id = any($1) and ${subjectVisible(viewer, 'l.id')}`,
    [given.flatMap(({ lot }) => lot ?? [])],
  );
  const productOf = new Map(products.map((each) => [each.id, each]));
  const lotOf = new Map(lots.map((each) => [each.id, each]));
  const named = new Set<string>();
  const covered: CoveredLine[] = [];
  for (const [place, { product: productId, lot: lotId, quantity: mass }] of given.entries()) {
    const path = ['lines', place];
    const product = productOf.get(productId);
    const lot = lotId === null ? null : lotOf.get(lotId);
    if (!product) work.refuse(index, noSuch('product', ...path, 'product'));
    if (lot === undefined) work.refuse(index, noSuch('lot', ...path, 'lot'));
    if (!product || lot === undefined) continue;
    const key = `${productId} ${lotId}`;
    if (named.has(key))
      work.refuse(index, { code: 'CONFLICT', message: 'this product and lot are given twice', path, remedy: 'add the masses up' });
    named.add(key);
    if (lot && lot.product !== productId)
      work.refuse(index, {
        code: 'REFUSED',
        message: `lot ${quote(lot.code)} is of another product`,
        path: [...path, 'product'],
        rule: '7 CFR 205.273',
        remedy: 'name the product of the lot',
      });
    const grams = weigh(mass, product.kgPerBushel);
    if (isReason(grams)) work.refuse(index, { ...grams, path: [...path, 'quantity'] });
    else if (lot && grams > BigInt(lot.grams))
      work.refuse(index, {
        code: 'REFUSED',
        message: `lot ${quote(lot.code)} weighs less than that`,
        path: [...path, 'quantity'],
        rule: '7 CFR 205.273',
        remedy: 'cover at most what the lot weighs',
      });
    else covered.push({ productId, productName: product.name, hts: product.hts, lotId, grams, value: mass.value, unit: mass.unit });
  }
  return covered;
}
