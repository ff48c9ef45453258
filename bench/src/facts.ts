// What a network is made of, and how its facts are written into the cells of a spreadsheet.

/** One row of a spreadsheet: every row of a file has the same columns. */
export type Row = Readonly<Record<string, string>>;

/** An operation of the network. */
export interface Party {
  identifier: string;
  country: string;
  /** Code of who certifies it. */
  certifier: string;
}

/** A lot, and how much of it its producer has left. */
export interface GrownLot {
  code: string;
  producer: Party;
  product: string;
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

export const dayText = (day: number): string => new Date(FIRST_HARVEST + day * DAY_MS).toISOString().slice(0, 10);

export const kilograms = (grams: number): string =>
  `${Math.floor(grams / 1000)}${grams % 1000 === 0 ? '' : `.${String(grams % 1000).padStart(3, '0')}`}`;

/** A row of documents.csv: a paper about one lot or one shipment, which calls the goods organic. */
export const paper = (type: string, number: string, issuer: Party, day: number, about: { lot: string } | { shipment: string }): Row => ({
  type,
  number,
  issuer: issuer.identifier,
  issued_on: dayText(day),
  marked_organic: 'YES',
  lots: 'lot' in about ? about.lot : '',
  shipments: 'shipment' in about ? about.shipment : '',
});
