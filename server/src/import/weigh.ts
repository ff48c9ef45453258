import { type Grams, toGrams, type Unit } from '@lotline/schema';
import { type Book, type KnownProduct, wrong } from './book';
import { type FileFormat, type LOTS, PRODUCTS, type Values } from './columns';

type WrittenMass = NonNullable<Values<typeof LOTS>['quantity']>;

/** What is known of a product before the mass is judged; null where the product itself is not known. */
type Weighed = Pick<KnownProduct, 'name' | 'kgPerBushel'> | null;

/** A mass that is of no one product, in grams: a bushel of it has none. Notes what is wrong with it. */
export function weighNet(book: Book, format: FileFormat, line: number, quantity: WrittenMass, unit: Unit): Grams | null {
  if (unit !== 'BUA') return weigh(book, format, line, quantity, unit, null);
  wrong(book, format, line, 'unit', 'a bushel weighs what its product says, and this is a mass of any', 'write the mass in KGM or LBR');
  return null;
}

/** A written mass in grams; notes what is wrong with it. Null too where only the product's own mistake stands in the way. */
export function weigh(book: Book, format: FileFormat, line: number, quantity: WrittenMass, unit: Unit, product: Weighed): Grams | null {
  if (unit === 'BUA' && (product === null || (product.kgPerBushel === null && book.folder.doubts.has(PRODUCTS, product.name)))) return null;
  const weighed = toGrams(quantity.decimal, unit, product?.kgPerBushel ?? null);
  if (weighed.ok) return weighed.value;
  const unitIsWrong = unit === 'BUA' && product?.kgPerBushel === null && quantity.decimal.digits > 0n;
  wrong(book, format, line, unitIsWrong ? 'unit' : 'quantity', weighed.wrong, weighed.remedy);
  return null;
}
