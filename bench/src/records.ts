import { Crossings } from './crossing';
import { type Birth, dayText, type GrownLot, kilograms, type Party, paper, type Row } from './facts';

const CERTIFIERS = [
  { certifier: 'CUA', name: 'Certifier of the Uplands' },
  { certifier: 'ECO', name: 'Eco Inspection' },
  { certifier: 'ORG', name: 'Organic Growers Certification' },
];

/** Gathers the rows of every file while a network grows. */
export class Records {
  readonly lots: Row[] = [];
  readonly inputs: Row[] = [];
  private readonly operations: Row[] = [];
  private readonly products = new Map<string, Row>();
  private readonly certificates: Row[] = [];
  private readonly transfers: Row[] = [];
  private readonly adjustments: Row[] = [];
  private readonly papers: Row[] = [];
  private readonly crossings = new Crossings();

  operation(name: string, role: string, country: string): Party {
    const number = this.operations.length + 1;
    const identifier = `81${String(number).padStart(8, '0')}`;
    this.operations.push({ operation: identifier, name: `${name} ${number}`, country, roles: role });
    const { certifier } = CERTIFIERS[number % CERTIFIERS.length]!;
    this.certificates.push({ operation: identifier, certifier, status: 'CERTIFIED', effective_from: '2020-01-01' });
    return { identifier, country, certifier };
  }

  product(product: string, hts: string): void {
    this.products.set(product, { product, hts, organic: 'yes' });
  }

  birth({ kind, stage, producer, product, grams, day }: Birth): GrownLot {
    const code = `${stage}-${String(this.lots.length + 1).padStart(7, '0')}`;
    this.lots.push({
      code,
      producer: producer.identifier,
      product,
      quantity: kilograms(grams),
      unit: 'KGM',
      kind,
      produced_on: dayText(day),
      country: producer.country,
    });
    return { code, producer, product, grams, left: grams, day };
  }

  use(output: GrownLot, input: GrownLot, grams: number): void {
    this.inputs.push({ output: output.code, input: input.code, quantity: kilograms(grams), unit: 'KGM', on: dayText(output.day) });
  }

  /**
   * Grams of a lot from its producer to somebody else, under an invoice; without a quantity where they are all of it, as people write it.
   * They are shipped where he is in another country.
   * @returns the day from which he has them
   */
  transfer(lot: GrownLot, to: Party, grams: number, day: number): number {
    lot.left -= grams;
    const whole = grams === lot.grams;
    const { code, producer } = lot;
    const invoice = `INV-${this.transfers.length + 1}`;
    this.papers.push(paper('INVOICE', invoice, producer, day, { lot: code }));
    this.transfers.push({
      lot: code,
      from: producer.identifier,
      to: to.identifier,
      on: dayText(day),
      quantity: whole ? '' : kilograms(grams),
      unit: whole ? '' : 'KGM',
      document: invoice,
    });
    if (producer.country === to.country) return day;
    const { hts } = this.products.get(lot.product)!;
    const { bill, arrived } = this.crossings.ship({ lot, hts: hts!, importer: to, grams, day });
    this.papers.push(bill);
    return arrived;
  }

  loss(lot: GrownLot, grams: number): void {
    lot.left -= grams;
    this.adjustments.push({
      lot: lot.code,
      holder: lot.producer.identifier,
      kind: 'CLEANING',
      on: dayText(lot.day),
      quantity: kilograms(grams),
      unit: 'KGM',
    });
  }

  files(): Map<string, readonly Row[]> {
    return new Map<string, readonly Row[]>([
      ['certifiers.csv', CERTIFIERS],
      ['operations.csv', this.operations],
      ['products.csv', [...this.products.values()]],
      ['operation_certificates.csv', this.certificates],
      ['lots.csv', this.lots],
      ['lot_inputs.csv', this.inputs],
      ['transfers.csv', this.transfers],
      ['lot_adjustments.csv', this.adjustments],
      ['documents.csv', this.papers],
      ...this.crossings.files(),
    ]);
  }
}
