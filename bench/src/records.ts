/** One row of a spreadsheet: every row of a file has the same columns. */
export type Row = Readonly<Record<string, string>>;

/** An operation of the network. */
export interface Party {
  identifier: string;
  country: string;
}

/** A lot, and how much of it its producer has left. */
export interface GrownLot {
  code: string;
  producer: Party;
  grams: number;
  left: number;
  /** Days since the first harvest. */
  day: number;
}

/** What a lot is when it is born. */
export interface Birth {
  kind: 'HARVEST' | 'TRANSFORMATION';
  stage: string;
  producer: Party;
  product: string;
  grams: number;
  day: number;
}

const FIRST_HARVEST = Date.UTC(2023, 8, 1);
const DAY_MS = 86_400_000;
const CERTIFIERS = [
  { certifier: 'CUA', name: 'Certifier of the Uplands' },
  { certifier: 'ECO', name: 'Eco Inspection' },
  { certifier: 'ORG', name: 'Organic Growers Certification' },
];

const dayText = (day: number): string => new Date(FIRST_HARVEST + day * DAY_MS).toISOString().slice(0, 10);
const kilograms = (grams: number): string =>
  `${Math.floor(grams / 1000)}${grams % 1000 === 0 ? '' : `.${String(grams % 1000).padStart(3, '0')}`}`;

/** Gathers the rows of every file while a network grows. */
export class Records {
  readonly lots: Row[] = [];
  readonly inputs: Row[] = [];
  private readonly operations: Row[] = [];
  private readonly products = new Map<string, Row>();
  private readonly certificates: Row[] = [];
  private readonly transfers: Row[] = [];
  private readonly adjustments: Row[] = [];

  operation(name: string, role: string, country: string): Party {
    const number = this.operations.length + 1;
    const identifier = `81${String(number).padStart(8, '0')}`;
    this.operations.push({ operation: identifier, name: `${name} ${number}`, country, roles: role });
    const { certifier } = CERTIFIERS[number % CERTIFIERS.length]!;
    this.certificates.push({ operation: identifier, certifier, status: 'CERTIFIED', effective_from: '2020-01-01' });
    return { identifier, country };
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
    return { code, producer, grams, left: grams, day };
  }

  use(output: GrownLot, input: GrownLot, grams: number): void {
    this.inputs.push({ output: output.code, input: input.code, quantity: kilograms(grams), unit: 'KGM', on: dayText(output.day) });
  }

  /** Grams of a lot from its producer to somebody else; without a quantity where they are all of it, as people write it. */
  transfer(lot: GrownLot, to: Party, grams: number, day: number): void {
    lot.left -= grams;
    const whole = grams === lot.grams;
    this.transfers.push({
      lot: lot.code,
      from: lot.producer.identifier,
      to: to.identifier,
      on: dayText(day),
      quantity: whole ? '' : kilograms(grams),
      unit: whole ? '' : 'KGM',
      document: `INV-${this.transfers.length + 1}`,
    });
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
    return new Map([
      ['certifiers.csv', CERTIFIERS],
      ['operations.csv', this.operations],
      ['products.csv', [...this.products.values()]],
      ['operation_certificates.csv', this.certificates],
      ['lots.csv', this.lots],
      ['lot_inputs.csv', this.inputs],
      ['transfers.csv', this.transfers],
      ['lot_adjustments.csv', this.adjustments],
    ]);
  }
}
