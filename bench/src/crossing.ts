import { entryCheckDigit } from '@lotline/schema';
import { dayText, type GrownLot, kilograms, type Party, paper, type Row } from './facts';

/** A part of a way, and how many days it takes. */
interface Leg {
  mode: 'MARITIME' | 'RAIL';
  from: string;
  to: string;
  days: number;
}

/** How goods of a country come to the United States: UN/LOCODEs, in order. What Ethiopia exports goes to sea in Djibouti. */
const WAYS: Readonly<Record<string, readonly Leg[]>> = {
  IN: [{ mode: 'MARITIME', from: 'INNSA', to: 'USNYC', days: 30 }],
  ET: [
    { mode: 'RAIL', from: 'ETADD', to: 'DJJIB', days: 2 },
    { mode: 'MARITIME', from: 'DJJIB', to: 'USSAV', days: 33 },
  ],
  TR: [{ mode: 'MARITIME', from: 'TRMER', to: 'USHOU', days: 24 }],
  PE: [{ mode: 'MARITIME', from: 'PECLL', to: 'USLAX', days: 14 }],
  AR: [{ mode: 'MARITIME', from: 'ARROS', to: 'USMSY', days: 22 }],
};

/** Begins the number of every entry. */
const FILER_CODE = 'LTL';

/** Grams of a lot that an exporter sold to an importer, and the day on which they leave. */
export interface Cargo {
  lot: GrownLot;
  hts: string;
  importer: Party;
  grams: number;
  day: number;
}

/** Gathers the rows of what crosses into the United States: shipments, their bills of lading, import certificates and entries. */
export class Crossings {
  private readonly shipments: Row[] = [];
  private readonly legs: Row[] = [];
  private readonly shipped: Row[] = [];
  private readonly certificates: Row[] = [];
  private readonly lines: Row[] = [];
  private readonly entries: Row[] = [];

  /** Ships goods under a certificate issued the day before they leave. Their bill of lading, and the day they arrive and are entered. */
  ship({ lot, hts, importer, grams, day }: Cargo): { bill: Row; arrived: number } {
    const number = this.shipments.length + 1;
    const shipment = `SHP-${number}`;
    const exporter = lot.producer;
    const mass = { quantity: kilograms(grams), unit: 'KGM' };
    this.shipments.push({ reference: shipment, shipper: exporter.identifier, consignee: importer.identifier });
    const arrived = this.sail(shipment, exporter.country, day);
    this.shipped.push({ shipment, lot: lot.code, ...mass });

    const certificate = `999-${exporter.identifier}-${String(number).padStart(6, '0')}`;
    this.certificates.push({
      number: certificate,
      kind: 'SHIPMENT',
      exporter: exporter.identifier,
      importer: importer.identifier,
      certifier: exporter.certifier,
      hts,
      issued_on: dayText(day - 1),
      origin: exporter.country,
      destination: 'US',
    });
    this.lines.push({ certificate, product: lot.product, ...mass, lot: lot.code });

    const filed = String(number).padStart(7, '0');
    const entry = `${FILER_CODE}-${filed}-${entryCheckDigit(FILER_CODE + filed)}`;
    const filer = importer.identifier;
    this.entries.push({ entry, line: '1', certificate, filed_on: dayText(arrived), hts, ...mass, filer, lots: lot.code });
    return { bill: paper('BILL_OF_LADING', `BL-${number}`, exporter, day, { shipment }), arrived };
  }

  /** Writes down the way of a shipment, each leg from the day the one before it ended. */
  private sail(shipment: string, country: string, day: number): number {
    let departed = day;
    WAYS[country]!.forEach(({ mode, from, to, days }, index) => {
      const arrived = departed + days;
      this.legs.push({
        shipment,
        sequence: String(index + 1),
        mode,
        from_place: from,
        to_place: to,
        departed: dayText(departed),
        arrived: dayText(arrived),
      });
      departed = arrived;
    });
    return departed;
  }

  files(): [name: string, rows: readonly Row[]][] {
    return [
      ['shipments.csv', this.shipments],
      ['shipment_legs.csv', this.legs],
      ['shipment_lots.csv', this.shipped],
      ['import_certificates.csv', this.certificates],
      ['import_certificate_lines.csv', this.lines],
      ['customs_entries.csv', this.entries],
    ];
  }
}
