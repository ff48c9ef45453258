// The road of an import certificate and the hands of its lots, as slow and as plain as they can be said: facts in lists, everything else looked
// up in them each time. Written from docs/certificate-road.md and the descriptions of the commands, not from their code.

export const OPERATIONS = ['EXPORTER', 'MILL', 'IMPORTER', 'LATER', 'STRANGER', 'BROKER'] as const;
export type OperationName = (typeof OPERATIONS)[number];
/** Who gives a command. ZZ1 certifies the exporter, ZZ2 the importer; the broker acts for the exporter. */
export type Who = OperationName | 'ZZ1' | 'ZZ2' | 'ADMIN' | 'ANALYST' | 'NOBODY';

export type Code = 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT' | 'REFUSED';

export type Status = 'REQUESTED' | 'INFORMATION_ASKED' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'ISSUED' | 'HANDED_OVER' | 'VOIDED';

interface RoadStep {
  by: 'EXPORTER' | 'ZZ1';
  /** Where it leads from where it may be taken. */
  leads: Partial<Record<Status, Status>>;
}

/** The road as the regulation and the issue tell it. */
export const STEPS = {
  askForInformation: { by: 'ZZ1', leads: { REQUESTED: 'INFORMATION_ASKED' } },
  answerInformation: { by: 'EXPORTER', leads: { INFORMATION_ASKED: 'REQUESTED' } },
  withdrawImportCertificate: {
    by: 'EXPORTER',
    leads: { REQUESTED: 'WITHDRAWN', INFORMATION_ASKED: 'WITHDRAWN', APPROVED: 'WITHDRAWN' },
  },
  approveImportCertificate: { by: 'ZZ1', leads: { REQUESTED: 'APPROVED' } },
  rejectImportCertificate: { by: 'ZZ1', leads: { REQUESTED: 'REJECTED', INFORMATION_ASKED: 'REJECTED', APPROVED: 'REJECTED' } },
  issueImportCertificate: { by: 'ZZ1', leads: { APPROVED: 'ISSUED' } },
  handOverImportCertificate: { by: 'EXPORTER', leads: { ISSUED: 'HANDED_OVER', HANDED_OVER: 'HANDED_OVER' } },
  reviseImportCertificate: { by: 'ZZ1', leads: { ISSUED: 'ISSUED', HANDED_OVER: 'HANDED_OVER' } },
  voidImportCertificate: { by: 'ZZ1', leads: { ISSUED: 'VOIDED', HANDED_OVER: 'VOIDED' } },
} as const satisfies Record<string, RoadStep>;
export type StepName = keyof typeof STEPS;

export interface Lot {
  id: string;
  code: string;
  producer: OperationName;
  /** Whole kilograms, as all masses here. */
  mass: number;
  bornOn: string;
}

/** What happened to a lot. A treatment moves nothing. */
export interface Fact {
  kind: 'TRANSFER' | 'USE' | 'LOSS' | 'TREATMENT';
  id: string;
  lot: Lot;
  from: OperationName;
  to: OperationName | null;
  mass: number;
  on: string;
  recordedBy: Who;
  /** Whoever has ever been told of it. */
  parties: OperationName[];
  /** The offer of a transfer, the lot that a use made. */
  offer: Offer | null;
  output: Lot | null;
  retracted: boolean;
}

export interface Offer {
  id: string;
  lot: Lot;
  sender: OperationName;
  receiver: OperationName;
  mass: number;
  on: string;
  /** Received less offered, by its last receipt; null where that was not disputed. */
  difference: number | null;
}

export interface Line {
  lot: Lot | null;
  mass: number;
  /** Who has been told of it beside the certifier. */
  parties: Set<OperationName>;
}

export interface Certificate {
  id: string;
  number: string | null;
  consignee: OperationName;
  lines: Line[];
  history: { status: Status; by: 'EXPORTER' | 'ZZ1'; reason: string | null; recipient: OperationName | null; on: string }[];
  revisions: { reason: string; fields: string[] }[];
  parties: Set<OperationName>;
}

export class RoadModel {
  readonly lots: Lot[] = [];
  readonly facts: Fact[] = [];
  readonly offers: Offer[] = [];
  readonly certificates: Certificate[] = [];

  statusOf = (certificate: Certificate): Status => certificate.history.at(-1)!.status;

  standing = (lot: Lot): Fact[] => this.facts.filter((fact) => fact.lot === lot && !fact.retracted);

  /** What an operation has of a lot at the end of a day. */
  held(lot: Lot, owner: OperationName, on: string, facts = this.standing(lot)): number {
    let mass = lot.producer === owner && lot.bornOn <= on ? lot.mass : 0;
    for (const fact of facts) {
      if (fact.on > on) continue;
      if (fact.from === owner) mass -= fact.mass;
      if (fact.to === owner) mass += fact.mass;
    }
    return mass;
  }

  /** Would an operation have less than nothing on that day or after it, if these were the facts? */
  isShort(lot: Lot, owner: OperationName, from: string, facts: Fact[]): boolean {
    return [from, ...facts.map(({ on }) => on), lot.bornOn].some((day) => day >= from && this.held(lot, owner, day, facts) < 0);
  }

  hadBy = (lot: Lot, owner: OperationName, day: string): number =>
    (lot.producer === owner ? lot.mass : 0) +
    this.standing(lot).reduce((sum, { to, mass, on }) => sum + (to === owner && on <= day ? mass : 0), 0);

  /** Whoever ever had some of a lot, as its facts tell it. */
  holders = (lot: Lot): OperationName[] => [
    ...new Set([lot.producer, ...this.standing(lot).flatMap(({ kind, from, to }) => (kind === 'TRANSFER' ? [from, to!] : []))]),
  ];

  transferOf = (offer: Offer): Fact | undefined => this.facts.find((fact) => fact.offer === offer && !fact.retracted);

  isClaiming = (certificate: Certificate): boolean => ['ISSUED', 'HANDED_OVER'].includes(this.statusOf(certificate));

  claimed = (lot: Lot, by = this.certificates.filter(this.isClaiming)): number =>
    by.flatMap(({ lines }) => lines).reduce((sum, line) => sum + (line.lot === lot ? line.mass : 0), 0);

  /** Operations that somebody sees the facts of. */
  private sight(who: Who): OperationName[] {
    if (who === 'ZZ1') return ['EXPORTER'];
    if (who === 'ZZ2') return ['IMPORTER'];
    if (who === 'BROKER') return ['BROKER', 'EXPORTER'];
    return OPERATIONS.filter((each) => each === who);
  }
  private sees = (who: Who, parties: Iterable<OperationName>): boolean => {
    const sight = this.sight(who);
    return who === 'ADMIN' || who === 'ANALYST' || [...parties].some((each) => sight.includes(each));
  };

  private lotParties = (lot: Lot): OperationName[] => [
    lot.producer,
    ...this.offers.flatMap((offer) => (offer.lot === lot ? [offer.sender, offer.receiver] : [])),
    ...this.certificates.flatMap(({ lines }) => lines.flatMap((line) => (line.lot === lot ? [...line.parties] : []))),
  ];
  /** @param onBehalfOf the operation it is looked up for; an administrator sees all */
  seesLot = (who: Who, lot: Lot, onBehalfOf: OperationName | null = null): boolean =>
    who === 'ADMIN' || onBehalfOf === null ? this.sees(who, this.lotParties(lot)) : this.lotParties(lot).includes(onBehalfOf);
  seesOffer = (who: Who, { sender, receiver }: Offer): boolean => this.sees(who, [sender, receiver]);
  seesFact = (who: Who, { parties }: Fact): boolean => this.sees(who, parties);
  seesCertificate = (who: Who, { parties }: Certificate): boolean => who === 'ZZ1' || this.sees(who, parties);

  /** Why somebody gives no commands at all; null if it does. */
  mayCommand(who: Who): Code | null {
    if (who === 'NOBODY') return 'UNAUTHENTICATED';
    return who === 'ANALYST' ? 'FORBIDDEN' : null;
  }
  /** Why somebody may not act for an operation, or for any where none is named; null if it may. */
  mayActFor(who: Who, operation: OperationName | null): Code | null {
    if (who === 'ADMIN' || (operation === null ? this.sight(who).includes(who as OperationName) : who === operation)) return null;
    if (who === 'BROKER' && operation === 'EXPORTER') return null;
    return this.mayCommand(who) ?? 'FORBIDDEN';
  }

  /** Why somebody may not take a step with a certificate; null if it may. */
  mayStep(who: Who, name: StepName, certificate: Certificate): Code | null {
    const { by, leads } = STEPS[name] as RoadStep;
    const any = by === 'ZZ1' ? this.mayCommand(who) : this.mayActFor(who, null);
    if (any) return any;
    if (!this.seesCertificate(who, certificate)) return 'NOT_FOUND';
    if (by === 'ZZ1' ? who !== 'ZZ1' && who !== 'ADMIN' : this.mayActFor(who, 'EXPORTER')) return 'FORBIDDEN';
    return this.statusOf(certificate) in leads ? null : 'CONFLICT';
  }

  /** Whoever receives a certificate by its hand-over is told of it and of its lines. */
  tellReceivers(certificate: Certificate): void {
    const { consignee, history, lines, parties } = certificate;
    for (const each of ['IMPORTER' as const, consignee, ...history.map(({ recipient }) => recipient)]) {
      if (each === null) continue;
      parties.add(each);
      for (const line of lines) line.parties.add(each);
    }
  }
}
