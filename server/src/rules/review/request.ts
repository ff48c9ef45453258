import type {
  Day,
  DocumentType,
  FindingSeverity,
  FindingVerdict,
  GapKind,
  Grams,
  ImportCertificateKind,
  MarkedOrganic,
  ReviewCheck,
  ReviewEvidence,
  ReviewedNoun,
  Standard,
} from '@lotline/schema';
import type { Standing } from '../certification';

/** An operation that a request names. */
export interface NamedOperation {
  id: string;
  name: string;
  standing: Standing;
}

/** A lot that lines of a request name. */
export interface RequestedLot {
  id: string;
  code: string;
  /** Where it was born. */
  country: string;
  weighs: Grams;
  /** What the lines of the request take of it. */
  asked: Grams;
  /** What the exporter holds of it; null where the reader may not know. */
  held: Grams | null;
  /** Of that, what stands behind no other certificate of the exporter's. */
  free: Grams | null;
  /** What other certificates claim of it, as far as the reader is told. */
  claimed: Grams;
  /** Is it too much with what is asked for, by what the reader is told, or by what it is not? */
  overclaimed: 'BY_WHAT_IS_TOLD' | 'BY_OTHERS' | null;
}

/** A product that lines of a request name. */
export interface RequestedProduct {
  id: string;
  name: string;
  hts: string;
  /** Its line on the exporter's Product Verification Form; null where it has none, 'NO_FORM' where there is no form. */
  onForm: { labelledAs: string | null; since: Day | null } | null | 'NO_FORM';
}

/** A paper that was sent with a request. */
export interface PaperSent {
  id: string;
  type: DocumentType;
  number: string;
  markedOrganic: MarkedOrganic;
  /** Operations that it is linked with, its issuer among them. */
  names: ReadonlySet<string>;
}

/** Lots asked for leave, or left, a port for the United States, on their way to whom the request names. */
export interface DepartureOfLots {
  shipment: string;
  reference: string;
  fromUnLocode: string | null;
  on: Day;
  at: Date | null;
}

/** What the rules of a trace find behind the lots. */
export interface FoundBehind {
  kind: GapKind;
  /** Null where it is withheld. */
  lot: { id: string; code: string } | null;
  message: string;
}

/** What an exporter's fields and lots can give; null where the reader may not know. */
export interface Capacity {
  /** Of the products asked for, held, and behind no other certificate. */
  free: Grams;
  /** What other certificates of the exporter for days of the same period are still to take of these products. */
  promised: Grams;
  /** Hectares on its certificates now, as written; null where none are on record. */
  hectares: string | null;
  /** What these give in 365 days, at the most that its harvests of any 365 days gave for the hectares of then; null without such a harvest. */
  yearly: Grams | null;
}

/** A request for an import certificate, as one of those whose work it is may look at it. */
export interface CertificateRequest {
  kind: ImportCertificateKind;
  hts: string;
  standard: Standard | null;
  origin: string | null;
  validFrom: Day | null;
  validTo: Day | null;
  /** Estimate of a period, else the sum of the lines. */
  mass: Grams;
  certifier: { id: string; name: string; schemes: readonly string[] };
  exporter: NamedOperation;
  /** By the certifier that is asked: the standards to which it certifies the exporter now. */
  certifiedTo: ReadonlySet<string>;
  /** Who must be certified beside the exporter: importer, final handler. */
  others: readonly (NamedOperation & { as: string })[];
  products: readonly RequestedProduct[];
  lots: readonly RequestedLot[];
  /** Mass of lines that name no lot. */
  unlotted: Grams;
  papers: readonly PaperSent[];
  /** Null where the reader may not know. */
  departures: readonly DepartureOfLots[] | null;
  /** When, and from where, the request says that they will leave. */
  expected: Pick<DepartureOfLots, 'fromUnLocode' | 'on' | 'at'> | null;
  behind: readonly FoundBehind[];
  /** Was the walk behind the lots cut by a budget? */
  cut: boolean;
  /** Null for a request for a shipment. */
  capacity: Capacity | null;
  now: Date;
  today: Day;
}

/** What one rule finds. */
export interface Found {
  verdict: FindingVerdict;
  message: string;
  evidence: ReviewEvidence[];
}

/** A rule about a request: what it asks for, the regulation it stands on, and since when that is in force. */
export interface ReviewRule {
  check: ReviewCheck;
  citation: string;
  says: string;
  since: Day;
  severity: FindingSeverity;
  find(request: CertificateRequest): Found;
}

export const about = (type: ReviewedNoun, id: string, says: string): ReviewEvidence => ({ says, about: { type, id } });
export const passed = (message: string, evidence: ReviewEvidence[] = []): Found => ({ verdict: 'PASSED', message, evidence });
export const failed = (message: string, evidence: ReviewEvidence[] = []): Found => ({ verdict: 'FAILED', message, evidence });
export const undetermined = (message: string, evidence: ReviewEvidence[] = []): Found => ({ verdict: 'UNDETERMINED', message, evidence });

/** Passes where nothing speaks against it. */
export const passedUnless = (against: ReviewEvidence[], good: string, bad: string): Found =>
  against.length === 0 ? passed(good) : failed(bad, against);
