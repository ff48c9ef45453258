import type { ImportCertificateStatus as Status } from '@lotline/schema';

// The road of an import certificate, from the request to where the goods are entered under it, as a table of data. What is legal is decided
// here and nowhere else: commands ask it, docs/certificate-road.md is written from it, and the law of the database has the same moves.

/**
 * On whose behalf a step is made. An exporter and an importer, or importer of record, may let a broker or a key make it; a certifying agent
 * makes its own; what only has its day the clock makes.
 */
export type RoadRole = 'EXPORTER' | 'CERTIFIER' | 'IMPORTER' | 'CLOCK';

/** How much of a certificate customs entries draw. */
export type Drawn = 'NOTHING' | 'SOME' | 'ALL';

interface Step {
  command: string;
  role: RoadRole;
  /** Where the certificate stands before; null where there is none yet. */
  from: readonly (Status | null)[];
  /** Where it stands then; null where it stays as it was. */
  to: Status | null;
  /** Where that depends on it, how much of it is drawn by then. */
  drawn?: Drawn;
  /** Regulation or act. */
  rule: string;
  says: string;
}

const RULE = '7 CFR 205.273';
const HELD_RULE = '7 CFR 205.273, 205.400(f)';

/** Every step that a command makes. */
export const ROAD = [
  {
    command: 'requestImportCertificate',
    role: 'EXPORTER',
    from: [null],
    to: 'REQUESTED',
    rule: `${RULE}, 7 U.S.C. 6502(13)`,
    says: 'The exporter asks its certifier, before export.',
  },
  {
    command: 'askForInformation',
    role: 'CERTIFIER',
    from: ['REQUESTED'],
    to: 'INFORMATION_ASKED',
    rule: RULE,
    says: 'The certifier cannot decide yet.',
  },
  {
    command: 'answerInformation',
    role: 'EXPORTER',
    from: ['INFORMATION_ASKED'],
    to: 'REQUESTED',
    rule: RULE,
    says: 'The exporter tells what was asked.',
  },
  {
    command: 'withdrawImportCertificate',
    role: 'EXPORTER',
    from: ['REQUESTED', 'INFORMATION_ASKED', 'APPROVED'],
    to: 'WITHDRAWN',
    rule: RULE,
    says: 'The exporter takes its request back before it is issued.',
  },
  {
    command: 'approveImportCertificate',
    role: 'CERTIFIER',
    from: ['REQUESTED'],
    to: 'APPROVED',
    rule: RULE,
    says: 'Product and amount are valid and organic integrity was kept.',
  },
  {
    command: 'rejectImportCertificate',
    role: 'CERTIFIER',
    from: ['REQUESTED', 'INFORMATION_ASKED', 'APPROVED'],
    to: 'REJECTED',
    rule: RULE,
    says: 'They are not, for the reasons given; also where that shows after the approval.',
  },
  {
    command: 'issueImportCertificate',
    role: 'CERTIFIER',
    from: ['APPROVED'],
    to: 'ISSUED',
    rule: RULE,
    says: 'It has its number from the Organic Integrity Database, typed or asked for there, and claims the grams of the lots it names.',
  },
  {
    command: 'handOverImportCertificate',
    role: 'EXPORTER',
    from: ['ISSUED', 'HANDED_OVER'],
    to: 'HANDED_OVER',
    rule: RULE,
    says: 'The importer has it, or a broker, or another one as well; all whom it names as receiving see it from then on.',
  },
  {
    command: 'reviseImportCertificate',
    role: 'CERTIFIER',
    from: ['ISSUED', 'HANDED_OVER', 'ENTERED', 'EXHAUSTED'],
    to: null,
    rule: RULE,
    says: 'Weights are brought up to date, or the consignee changes; it keeps its number.',
  },
  {
    command: 'reviseImportCertificate',
    role: 'CERTIFIER',
    from: ['EXHAUSTED'],
    to: 'ENTERED',
    drawn: 'SOME',
    rule: RULE,
    says: 'It covers more than is drawn on it.',
  },
  {
    command: 'reviseImportCertificate',
    role: 'CERTIFIER',
    from: ['ENTERED'],
    to: 'EXHAUSTED',
    drawn: 'ALL',
    rule: RULE,
    says: 'It covers what is drawn on it, and no more.',
  },
  {
    command: 'voidImportCertificate',
    role: 'CERTIFIER',
    from: ['ISSUED', 'HANDED_OVER'],
    to: 'VOIDED',
    rule: RULE,
    says: 'It never counts, and its grams are free again; not while goods are entered under it.',
  },
  {
    command: 'recordCustomsEntry',
    role: 'IMPORTER',
    from: ['HANDED_OVER', 'ENTERED'],
    to: 'ENTERED',
    drawn: 'SOME',
    rule: RULE,
    says: 'A customs entry draws on it, and some is left.',
  },
  {
    command: 'recordCustomsEntry',
    role: 'IMPORTER',
    from: ['HANDED_OVER', 'ENTERED'],
    to: 'EXHAUSTED',
    drawn: 'ALL',
    rule: RULE,
    says: 'A customs entry draws all that was left.',
  },
  {
    command: 'recordCustomsEntry',
    role: 'IMPORTER',
    from: ['VERIFIED', 'EXPIRED'],
    to: null,
    rule: RULE,
    says: 'A customs entry draws on it; of one that has expired, an entry that was filed in its period.',
  },
  {
    command: 'amendCustomsEntry',
    role: 'IMPORTER',
    from: ['HANDED_OVER', 'ENTERED', 'EXHAUSTED'],
    to: 'ENTERED',
    drawn: 'SOME',
    rule: RULE,
    says: 'The lines of an entry draw otherwise, and some is left.',
  },
  {
    command: 'amendCustomsEntry',
    role: 'IMPORTER',
    from: ['HANDED_OVER', 'ENTERED', 'EXHAUSTED'],
    to: 'EXHAUSTED',
    drawn: 'ALL',
    rule: RULE,
    says: 'The lines of an entry draw all that was left.',
  },
  {
    command: 'amendCustomsEntry',
    role: 'IMPORTER',
    from: ['ENTERED', 'EXHAUSTED'],
    to: 'HANDED_OVER',
    drawn: 'NOTHING',
    rule: RULE,
    says: 'The only entry that drew on it draws on another.',
  },
  {
    command: 'amendCustomsEntry',
    role: 'IMPORTER',
    from: ['VERIFIED', 'EXPIRED'],
    to: null,
    rule: RULE,
    says: 'The lines of an entry draw otherwise; of one that has expired, an entry that was filed in its period.',
  },
  {
    command: 'cancelCustomsEntry',
    role: 'IMPORTER',
    from: ['ENTERED', 'EXHAUSTED'],
    to: 'ENTERED',
    drawn: 'SOME',
    rule: RULE,
    says: 'An entry is taken back, others draw on it.',
  },
  {
    command: 'cancelCustomsEntry',
    role: 'IMPORTER',
    from: ['ENTERED', 'EXHAUSTED'],
    to: 'HANDED_OVER',
    drawn: 'NOTHING',
    rule: RULE,
    says: 'The only entry that drew on it is taken back.',
  },
  {
    command: 'cancelCustomsEntry',
    role: 'IMPORTER',
    from: ['HELD', 'VERIFIED', 'EXPIRED'],
    to: null,
    rule: RULE,
    says: 'An entry is taken back.',
  },
  {
    command: 'expire',
    role: 'CLOCK',
    from: ['ISSUED', 'HANDED_OVER', 'ENTERED'],
    to: 'EXPIRED',
    rule: RULE,
    says: 'The period of the certificate has ended: the day after its last day.',
  },
  {
    command: 'verifyArrival',
    role: 'IMPORTER',
    from: ['HANDED_OVER', 'ENTERED', 'EXHAUSTED', 'EXPIRED'],
    to: 'VERIFIED',
    rule: RULE,
    says: 'The importer verified what arrived, every answer is YES, and nothing that it covers is still under way; one for a period once it is exhausted or expired.',
  },
  {
    command: 'recordEmergencyActionNotification',
    role: 'IMPORTER',
    from: ['ISSUED', 'HANDED_OVER', 'ENTERED', 'EXHAUSTED', 'VERIFIED', 'EXPIRED'],
    to: 'HELD',
    rule: HELD_RULE,
    says: 'Goods that it covers are held at the border.',
  },
  ...(
    [
      ['HANDED_OVER', 'NOTHING'],
      ['ENTERED', 'SOME'],
      ['EXHAUSTED', 'ALL'],
    ] as const
  ).map(
    ([to, drawn]) =>
      ({
        command: 'recordDisposition',
        role: 'IMPORTER',
        from: ['HELD'],
        to,
        drawn,
        rule: HELD_RULE,
        says: 'All that was held is disposed of: it stands by what is drawn on it now.',
      }) as const,
  ),
  ...(['ISSUED', 'VERIFIED', 'EXPIRED'] as const).map(
    (to) =>
      ({
        command: 'recordDisposition',
        role: 'IMPORTER',
        from: ['HELD'],
        to,
        rule: HELD_RULE,
        says: 'All that was held is disposed of: it stands where it stood before.',
      }) as const,
  ),
] as const satisfies readonly Step[];

export type RoadCommand = (typeof ROAD)[number]['command'];

/** A move from one standing to another. */
interface Move {
  from: Status | null;
  to: Status;
}

/** Where a certificate may stand once it is issued, by a history that came from outside. */
const SINCE: readonly Status[] = ['HANDED_OVER', 'ENTERED', 'VERIFIED', 'HELD', 'SUSPENDED', 'EXHAUSTED', 'EXPIRED', 'VOIDED'];

/**
 * Moves that only a history reported from outside makes: it tells that a certificate was issued, with or without the request, and where it
 * stands since; the steps between are not known.
 */
export const REPORTED: readonly Move[] = [
  ...([null, 'REQUESTED'] as const).map((from) => ({ from, to: 'ISSUED' }) as const),
  ...SINCE.map((to) => ({ from: 'ISSUED', to }) as const),
];

/** Moves that commands make. */
export const MOVES: readonly Move[] = [
  ...new Map(
    (ROAD as readonly Step[]).flatMap(({ from, to, drawn }) =>
      from.flatMap((before) => (to === null || (drawn && to === before) ? [] : [[`${before} ${to}`, { from: before, to }] as const])),
    ),
  ).values(),
];

/** A certificate claims the grams of its lots from its issue on, unless it is void. */
export const CLAIMS_NOTHING: readonly Status[] = ['REQUESTED', 'INFORMATION_ASKED', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'VOIDED'];

/** The step of a command, from wherever it may be made; where it leads to is null where that depends on what is drawn. */
export function stepOf(command: RoadCommand): Step {
  const rows = (ROAD as readonly Step[]).filter((step) => step.command === command);
  return { ...rows[0]!, from: [...new Set(rows.flatMap(({ from }) => from))], to: rows[0]!.drawn ? null : rows[0]!.to };
}

/** Where a certificate stands after a command, by how much of it is drawn then; where it stood if the road has no such step. */
export const standingByDraws = (command: RoadCommand, from: Status, drawn: Drawn): Status =>
  (ROAD as readonly Step[]).find((step) => step.command === command && step.drawn === drawn && step.from.includes(from))?.to ?? from;

/** What may be done with a certificate that stands there. */
export const commandsFrom = (status: Status): string[] => [
  ...new Set((ROAD as readonly Step[]).filter(({ from, role }) => role !== 'CLOCK' && from.includes(status)).map(({ command }) => command)),
];
