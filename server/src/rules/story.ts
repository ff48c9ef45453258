import {
  byteOrder,
  type Day,
  type DocumentType,
  type GapKind,
  type Grams,
  type ImportCertificateKind,
  type LotKind,
  type MarkedOrganic,
  type TreatmentKind,
} from '@lotline/schema';
import type { Standing } from './certification';

/** Grams that came to a holder, or left one. */
export interface Flow {
  kind: 'TRANSFER' | 'USE' | 'LOSS';
  holder: string;
  grams: Grams;
  on: Day | null;
  /** Is its paper on record? */
  documented: boolean;
}

/** Inputs of one product: how many, their grams, and the birth day of the youngest. */
export interface InputsOfProduct {
  hts: string;
  organic: boolean;
  count: number;
  grams: Grams;
  lastBornOn: Day | null;
}

/** One acquisition of the lot, and the days on which the holder is judged for it, both included. */
export interface Tenure {
  holder: string;
  from: Day;
  to: Day;
}

/** Where goods are, by what happened to them there. */
export interface Presence {
  country: string;
  /** Since when. */
  on: Day | null;
}

/** A shipment that carried some of the lot. */
export interface CarriedIn {
  shipper: string;
  consignee: string;
  /** Is a bill of lading on record? */
  billOfLading: boolean;
  /** First departure. */
  on: Day | null;
  legs: readonly {
    fromCountry: string | null;
    /** UN/LOCODE of its departure. */
    fromUnLocode: string | null;
    toCountry: string | null;
    departedOn: Day | null;
    departedAt: Date | null;
    arrivedOn: Day | null;
    arrivedAt: Date | null;
  }[];
}

/** What was done to the lot, or to a shipment while it carried it. */
export interface TreatedWith {
  kind: TreatmentKind;
  on: Day;
  substance: string | null;
  prohibited: boolean;
  inShipment: boolean;
}

/** A paper of the lot. */
export interface PaperOfLot {
  type: DocumentType;
  number: string;
  markedOrganic: MarkedOrganic;
  issuedOn: Day;
}

/** An issued import certificate. */
export interface CertificateOfLot {
  number: string | null;
  kind: ImportCertificateKind;
  exporter: string;
  importer: string;
  consignee: string | null;
  issuedOn: Day | null;
  issuedAt: Date | null;
  validFrom: Day | null;
  validTo: Day | null;
  /** Not voided. */
  live: boolean;
}

/** What a customs entry drew on an import certificate. */
export interface DrawOnCertificate {
  certificate: string;
  /** How the certificate is called. */
  number: string | null;
  /** What it covers. */
  covers: Grams;
  grams: Grams;
  on: Day;
  /** Null where it is not seen by which entry. */
  entry: string | null;
}

/** What the rules look at: one lot, and those of its facts that belong to the story being told. */
export interface LotStory {
  kind: LotKind;
  grams: Grams;
  producedOn: Day | null;
  producer: string;
  product: { id: string; organic: boolean };
  /** Where it was born. */
  country: string;
  /** Its live inputs, by product. */
  inputs: readonly InputsOfProduct[];
  /** What holders received, births apart. */
  receipts: readonly Flow[];
  /** What holders gave: transferred, used or lost. */
  gifts: readonly Flow[];
  tenures: readonly Tenure[];
  /** Used into a lot there, or on hand with a holder there. */
  presences: readonly Presence[];
  carriages: readonly CarriedIn[];
  treatments: readonly TreatedWith[];
  /** What was held at the border, the lot or a shipment that carried it, and released as not organic; all of it where no grams are given. */
  releases: readonly { number: string; on: Day | null; grams: bigint | null }[];
  papers: readonly PaperOfLot[];
  /** Import certificates of which a line names the lot, or that an entry joins with it. */
  certificates: readonly CertificateOfLot[];
  /** Import certificates for its product that name no lot. */
  productCertificates: readonly CertificateOfLot[];
  /** What was drawn on import certificates of the lot on which more was drawn than they cover, whatever lots were entered; first filed first. */
  draws: readonly DrawOnCertificate[];
  /** Customs entries that name the lot. */
  entries: readonly { number: string; on: Day }[];
  standingOf: (holder: string) => Standing;
  /** How a holder is called, for the words of a gap. */
  nameOf: (holder: string) => string;
}

/** A rule broken: when, and in words. */
export interface Breach {
  on: Day | null;
  /** The regulation, where it is another than its rule's. */
  citation?: string;
  /** Whose doing it is, where it is somebody's. */
  holder?: string;
  message: string;
}

/** One rule: what it finds missing or wrong with a lot, the regulation it stands on, and since when that is in force. */
export interface Rule {
  gap: GapKind;
  citation: string;
  /** What it asks for, in a sentence. */
  says: string;
  since: Day;
  /**
   * What must be known to say that it is broken: the fact itself, all that the producer did with the lot, or whoever is to blame, or all that
   * anybody did.
   */
  judgedBy: 'FACT' | 'PRODUCER' | 'HOLDER' | 'EVERYBODY';
  find(story: LotStory): Breach[];
}

/** Every part of 7 CFR 205 that certified operations had to meet from the first day of the program on (65 FR 80548). */
export const FIRST_DAY_OF_THE_PROGRAM = '2002-10-21' as Day;
/** Strengthening Organic Enforcement (88 FR 3548): traders, exporters and importers must be certified, every import needs its certificate. */
export const STRENGTHENED_ENFORCEMENT = '2024-03-19' as Day;

/** What a rule finds: by day, then holder, then words. A fact older than the rule is judged by it all the same, and the words say so. */
export function breachesOf(rule: Rule, story: LotStory): Breach[] {
  const holderOf = ({ holder }: Breach) => (holder === undefined ? '' : story.nameOf(holder));
  return rule
    .find(story)
    .sort((a, b) => byteOrder(a.on ?? '', b.on ?? '') || byteOrder(holderOf(a), holderOf(b)) || byteOrder(a.message, b.message))
    .map((breach) =>
      breach.on !== null && breach.on < rule.since
        ? { ...breach, message: `${breach.message} (By the rule in force since ${rule.since}.)` }
        : breach,
    );
}
