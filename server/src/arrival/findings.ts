import { type Arrival, ArrivalCheck, ArrivalFinding, type Grams, type ImportCertificateStatus, today, toKilograms } from '@lotline/schema';
import { factVisible } from '../access';
import { drawnOn, historyOf, importCertificateById, linesOf, visibleImportCertificate } from '../certificates';
import { type BatchOf, grouped } from '../database';
import { operationById, standingOf } from '../operations';
import { type Question, seen } from '../questions';
import { isCertified, verdictOn } from '../rules';
import { Chain, type FoundGap } from '../trace';

type Findings = Record<ArrivalCheck, ArrivalFinding[]>;

const RULE = '7 CFR 205.273';
const none = (): Findings => ({ VALID_CERTIFICATE: [], DATA_ACCURATE: [], NO_PROHIBITED_SUBSTANCE: [], NO_RADIATION: [] });
const finding = (message: string, rule = RULE): ArrivalFinding => Object.assign(new ArrivalFinding(), { message, rule });
const kilograms = (mass: bigint): string => `${toKilograms(mass as Grams)} kg`;

/** Under a certificate that stands there nothing is entered. */
const NOT_VALID: ReadonlySet<ImportCertificateStatus> = new Set([
  'REQUESTED',
  'INFORMATION_ASKED',
  'REJECTED',
  'WITHDRAWN',
  'APPROVED',
  'SUSPENDED',
  'EXPIRED',
  'VOIDED',
]);

/** An arrival that an answer asks about: what is on record is the same for all of one certificate and shipment. */
export class Asked {
  constructor(
    readonly question: Question,
    readonly of: Pick<Arrival, 'importCertificateId' | 'shipmentId'>,
  ) {}

  toJSON(): string {
    return `${this.question.viewer.name} ${this.of.importCertificateId} ${this.of.shipmentId}`;
  }
}

/** Lots that arrived: those of the shipment, else those that the certificate names or entries under it do; as far as the viewer sees that. */
async function lotsOf({ reader, viewer }: Question, asked: readonly Asked[]): Promise<string[][]> {
  const shipments = asked.flatMap(({ of }) => of.shipmentId ?? []);
  const certificates = asked.flatMap(({ of }) => (of.shipmentId === null ? (of.importCertificateId ?? []) : []));
  const rows = await reader.query<{ of: string; lot: string }>(
    `select x.shipment as of, x.lot from shipped_lot x where x.shipment = any($1) and x.retracted_by is null and ${factVisible(viewer, 'x.shipment', 'x.id')}
     union select x.import_certificate, x.lot from import_certificate_line x
     where x.import_certificate = any($2) and x.lot is not null and x.retracted_by is null and ${factVisible(viewer, 'x.lot', 'x.id')}
     union select n.import_certificate, j.lot from customs_entry_line n join customs_entry_line_lot j on j.line = n.id
     where n.import_certificate = any($2) and n.retracted_by is null and ${factVisible(viewer, 'j.lot', 'n.id')}`,
    [shipments, certificates],
  );
  const ids = asked.map(({ of }) => of.shipmentId ?? of.importCertificateId!);
  return grouped(ids, rows, ({ of }) => of).map((all) => all.map(({ lot }) => lot));
}

/** What lies behind lots, and what a walk back found there. */
interface Behind {
  chain: Chain;
  gaps: FoundGap[];
}

const walk = (question: Question, lots: readonly string[]): Promise<Chain> =>
  Chain.walk(question, lots, { direction: 'BACK', maxDepth: null, asOf: null });

/**
 * What lies behind the lots of each arrival: one walk for all, but where that would be cut, or where lots of another arrival are met, of which more
 * counts than leads here. Null where there are no lots.
 */
async function behindEach(question: Question, lots: readonly string[][]): Promise<(Behind | null)[]> {
  const all = [...new Set(lots.flat())];
  if (all.length === 0) return lots.map(() => null);
  const chain = await walk(question, all);
  const isCut = (await chain.limit()) !== null;
  return Promise.all(
    lots.map(async (own) => {
      if (own.length === 0) return null;
      const behind = chain.behind(own);
      const isAlone = !isCut && all.every((lot) => own.includes(lot) || !behind.has(lot));
      const walked = isAlone ? chain : await walk(question, own);
      return { chain: walked, gaps: (await walked.gaps()).filter(({ lot }) => !isAlone || behind.has(lot.id)) };
    }),
  );
}

/** What is on record, as the viewer sees it now, against the answers of arrivals. */
export const findingsOf: BatchOf<Asked, Findings> = async (_, asked) => {
  const { question } = asked[0]!;
  const lots = await lotsOf(question, asked);
  const behind = await behindEach(question, lots);
  return Promise.all(asked.map(({ of }, index) => findingsAgainst(question, of, lots[index]!, behind[index]!)));
};

async function findingsAgainst(
  question: Question,
  { importCertificateId: id }: Asked['of'],
  lots: readonly string[],
  behind: Behind | null,
): Promise<Findings> {
  const found = none();
  const certificate = id === null ? null : await visibleImportCertificate(question, id);
  const number = certificate?.issuedNumber ?? null;
  for (const { kind, lot, message, rule } of behind?.gaps ?? []) {
    const says = finding(behind!.chain.isWithheld(lot) ? message : `${lot.code}: ${message}`, rule ?? RULE);
    const isOwn = lots.includes(lot.id);
    if (kind === 'PROHIBITED_TREATMENT') {
      // What is told by its kind alone may be either.
      const isRadiation = / irradiation/.test(message);
      if (isRadiation || !/ was treated on /.test(message)) found.NO_RADIATION.push(says);
      if (!isRadiation) found.NO_PROHIBITED_SUBSTANCE.push(says);
    }
    if (kind === 'LOST_ORGANIC_STATUS') found.NO_PROHIBITED_SUBSTANCE.push(says);
    const isLate = kind === 'OUT_OF_ORDER_DATES' && number !== null && message.includes(`certificate ${number} `);
    if (isOwn && (kind === 'NO_IMPORT_CERTIFICATE' || isLate)) found.VALID_CERTIFICATE.push(says);
  }
  if (id === null) {
    if (found.VALID_CERTIFICATE.length === 0) found.VALID_CERTIFICATE.push(finding('No import certificate was named for the shipment.'));
    return found;
  }
  if (certificate === null) return found;
  await againstCertificate(question, id, found);
  await againstWeights(question, id, behind?.chain ?? null, lots, found);
  return found;
}

async function againstCertificate(question: Question, id: string, found: Findings): Promise<void> {
  const { reader, viewer } = question;
  const history = await reader.loader(historyOf).load({ id, viewer });
  const certificate = (await reader.loader(importCertificateById).load(id))!;
  const last = history.at(-1);
  if (last && NOT_VALID.has(last.status)) found.VALID_CERTIFICATE.push(finding(`The certificate is ${last.status}.`));
  const issued = history.find(({ status }) => status === 'ISSUED')?.onDay ?? today();
  const lines = await reader.loader(linesOf).load(id);
  for (const party of new Set([certificate.exporterId, certificate.importerId])) {
    const standing = await reader.loader(standingOf).load(party);
    const bad = lines.map(({ productId }) => verdictOn(standing, productId, issued)).find((verdict) => !isCertified(verdict));
    if (!bad) continue;
    const { name } = (await reader.loader(operationById).load(party))!;
    found.VALID_CERTIFICATE.push(finding(`${name} was not certified for the goods on ${issued}: ${bad}.`, '7 CFR 205.100, 205.273'));
  }
}

async function againstWeights(
  question: Question,
  id: string,
  chain: Chain | null,
  lots: readonly string[],
  found: Findings,
): Promise<void> {
  const { reader } = question;
  const certificate = (await reader.loader(importCertificateById).load(id))!;
  const lines = await reader.loader(linesOf).load(id);
  const covered = certificate.grams ?? lines.reduce((sum, { grams }) => sum + grams, 0n);
  const drawn = await seen(question, drawnOn, id);
  if (drawn > covered || (drawn > 0n && certificate.kind === 'SHIPMENT' && drawn !== covered))
    found.DATA_ACCURATE.push(finding(`The certificate covers ${kilograms(covered)}, and entries draw ${kilograms(drawn)}.`));
  if (chain === null) return;
  const receivers = new Set([certificate.importerId, certificate.importerOfRecordId, certificate.consigneeId]);
  const { carriages } = await chain.seenFacts();
  for (const lot of lots) {
    const line = lines.filter(({ lotId }) => lotId === lot).reduce((sum, { grams }) => sum + grams, 0n);
    const shipped = (carriages.get(lot) ?? [])
      .filter(({ shipper, consignee }) => shipper === certificate.exporterId && receivers.has(consignee))
      .reduce((sum, { grams }) => sum + grams, 0n);
    if (line > 0n && shipped > 0n && line !== shipped)
      found.DATA_ACCURATE.push(
        finding(`${chain.lot(lot).code}: the certificate covers ${kilograms(line)}, and ${kilograms(shipped)} were shipped.`),
      );
  }
}
