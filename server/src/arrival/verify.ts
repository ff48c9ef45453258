import { ArrivalCheck, ArrivalVerdict, DateScalar, type Day, parseDay, type Reason } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf, subjectVisible } from '../access';
import { beforeItsHistory, lockCertificates, recordCertificateStep, type Standing, standsElsewhere, words } from '../certificates';
import {
  type Command,
  CommandInput,
  idempotencyKey,
  idOf,
  noSuch,
  notYet,
  oneOf,
  optional,
  Parties,
  read,
  record,
  type Work,
} from '../commands';
import type { Columns } from '../database';
import { COVERED, issuedBy, WAY } from './covering';

const RULE = '7 CFR 205.273';

@InputType({ description: "One answer of an importer's check-list." })
export class ArrivalAnswerInput {
  @Field(() => ArrivalCheck, { description: 'What was verified.' })
  check: ArrivalCheck;

  @Field(() => ArrivalVerdict, { description: 'What was found.' })
  verdict: ArrivalVerdict;

  @Field(() => String, { description: 'How it was verified, or why not, in at most 1,000 characters.' })
  words: string;

  @Field(() => [ID], { nullable: true, description: 'The papers that show it; at most 20.' })
  documents?: string[];
}

@InputType({ description: 'The importer verified what arrived.' })
export class VerifyArrivalInput extends CommandInput {
  @Field(() => ID, {
    description: 'Who verified it: the importer or the importer of record of the certificate; the consignee of a shipment.',
  })
  operation: string;

  @Field(() => ID, { nullable: true, description: 'The certificate that it arrived under.' })
  importCertificate?: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The shipment that arrived; under a certificate all that it covers where none is named.',
  })
  shipment?: string;

  @Field(() => DateScalar, { description: 'Local day on which it was verified.' })
  on: string;

  @Field(() => [ArrivalAnswerInput], { description: 'One answer to each check.' })
  answers: ArrivalAnswerInput[];
}

const CHECKS = Object.keys(ArrivalCheck) as ArrivalCheck[];
const MOST_DOCUMENTS = 20;

const arrival = z
  .object({
    idempotencyKey,
    operation: idOf('Operation'),
    importCertificate: optional(idOf('ImportCertificate')),
    shipment: optional(idOf('Shipment')),
    on: read(parseDay),
    answers: z
      .array(
        z.object({
          check: oneOf(ArrivalCheck, 'a check'),
          verdict: oneOf(ArrivalVerdict, 'an answer'),
          words,
          documents: z
            .array(idOf('Document'))
            .max(MOST_DOCUMENTS, `at most ${MOST_DOCUMENTS} documents to one answer`)
            .nullish()
            .transform((documents) => documents ?? []),
        }),
      )
      .refine((answers) => CHECKS.every((check) => answers.filter((each) => each.check === check).length === 1), {
        message: `each check is answered once: ${CHECKS.join(', ')}`,
        params: { remedy: 'answer NOT_CHECKED what was not looked at' },
      }),
  })
  .refine(({ importCertificate, shipment }) => importCertificate !== null || shipment !== null, {
    message: 'an arrival is under a certificate or of a shipment',
    path: ['importCertificate'],
    params: { remedy: 'name one of them, or both' },
  });
type Verified = z.infer<typeof arrival>;

interface NewArrival extends Verified {
  id: string;
  at: Date;
}

const ARRIVAL: Columns<NewArrival> = {
  id: ['uuid', (each) => each.id],
  import_certificate: ['uuid', (each) => each.importCertificate],
  shipment: ['uuid', (each) => each.shipment],
  made_by: ['uuid', (each) => each.operation],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', (each) => each.at],
  answers: [
    'jsonb',
    ({ answers }) =>
      JSON.stringify(
        CHECKS.map((check) => {
          const { documents, ...answer } = answers.find((each) => each.check === check)!;
          return { ...answer, documentIds: documents };
        }),
      ),
  ],
};

interface Arrived {
  shipperId: string;
  consigneeId: string;
  /** Last day of its last leg; null while that has not arrived. */
  arrivedOn: Day | null;
  /** Does it carry what the certificate covers, to whom it names? */
  isCovered: boolean;
}

async function shipmentOf({ tx }: Work, viewer: Parameters<typeof subjectVisible>[0], { shipment, importCertificate }: Verified) {
  const [row] = await tx.query<Arrived>(
    `select s.shipper as "shipperId", s.consignee as "consigneeId", w.arrived_on as "arrivedOn", $2::uuid is null or exists (
         select from ${COVERED} k where k.certificate = $2 and k.shipment = s.id and (w.arrived_on is null or ${issuedBy('$2', 'w.arrived_on')})
       ) as "isCovered"
     from shipment s ${WAY} where s.id = $1 and ${subjectVisible(viewer, 's.id')}`,
    [shipment, importCertificate],
  );
  return row;
}

/** What came under a certificate. */
interface Came {
  issuedOn: Day | null;
  /** First day on which something that it covers arrived, or was entered; null where nothing has. */
  since: Day | null;
  /** Did a history from outside say that goods were entered, on a day that nobody knows? */
  isEntered: boolean;
  /** Is a shipment of its goods under way, but for the one that is looked at? */
  isUnderWay: boolean;
}

async function cameUnder({ tx }: Work, { importCertificate, shipment }: Verified): Promise<Came> {
  const [row] = await tx.query<Came>(
    `with carried as materialized (select distinct k.shipment, k.departed_on, k.arrived_on from ${COVERED} k where k.certificate = $1)
     select (select min(i.on_day) from import_certificate_status i where i.import_certificate = $1 and i.status = 'ISSUED' and i.retracted_by is null) as "issuedOn",
       least((select min(k.arrived_on) from carried k where ${issuedBy('$1', 'k.arrived_on')}),
         (select min(e.filed_on) from customs_entry_line n join customs_entry e on e.id = n.entry where n.import_certificate = $1 and n.retracted_by is null)) as since,
       exists (select from import_certificate_status h where h.import_certificate = $1 and h.made_by is null and h.status in ('ENTERED', 'EXHAUSTED') and h.retracted_by is null) as "isEntered",
       exists (select from carried k where k.shipment is distinct from $2 and k.departed_on is not null and k.arrived_on is null) as "isUnderWay"`,
    [importCertificate, shipment],
  );
  return row!;
}

const isAllYes = ({ answers }: Verified): boolean => answers.every(({ verdict }) => verdict === 'YES');
/** Is it a step of the certificate's road? One shipment of a period is not, whatever is answered. */
const isStep = (row: Verified, { kind }: Standing): boolean => isAllYes(row) && (kind === 'SHIPMENT' || row.shipment === null);

/** Periods that have come to their end. */
const ENDED: ReadonlySet<Standing['status']> = new Set(['EXHAUSTED', 'EXPIRED']);

/** Why a certificate stays where it stands; null where it is VERIFIED. */
function whyItStays(row: Verified, { kind, status }: Standing, { isUnderWay }: Came): string | null {
  if (status === 'VERIFIED') return null;
  if (!isAllYes(row)) return 'not every answer is YES';
  if (kind === 'PERIOD' && row.shipment !== null) return 'the certificate is for a period, and one shipment was verified';
  if (kind === 'PERIOD' && !ENDED.has(status)) return 'the certificate is for a period, which is neither exhausted nor expired';
  return isUnderWay ? 'another shipment of its goods is under way' : null;
}

/**
 * The importer says what it verified of goods that arrived (7 CFR 205.273): a valid certificate, its data, and neither prohibited substances
 * nor radiation since export. What is on record against an answer does not refuse it: it stands beside it. Where every answer is YES, and nothing that
 * it covers is still under way, the certificate is VERIFIED; one for a period once that has come to its end. A NO is kept, and changes nothing else.
 */
export const verifyArrival: Command<Verified, { importCertificate: string | null; shipment: string | null; stays: string | null }> = {
  name: 'verifyArrival',
  input: arrival,
  may: (viewer, { operation, importCertificate }) =>
    mayActFor(viewer, operation, importCertificate === null ? 'SHIPMENTS' : 'IMPORT_CERTIFICATES'),
  async run(work, rows) {
    const outcomes: { importCertificate: string | null; shipment: string | null; stays: string | null }[] = [];
    for (const [index, row] of rows.entries()) {
      const asOperation = onBehalfOf(work.viewer, row.operation);
      const certificate =
        row.importCertificate === null
          ? null
          : (await lockCertificates({ ...work, viewer: asOperation }, [row.importCertificate])).get(row.importCertificate);
      const shipment = row.shipment === null ? null : await shipmentOf(work, asOperation, row);
      const came = certificate ? await cameUnder(work, row) : null;
      await judge(work, index, row, { certificate, shipment, came });
      work.check();
      const stays = certificate ? whyItStays(row, certificate, came!) : null;
      await keep(work, row, { certificate: certificate ?? null, shipment: shipment ?? null, isVerified: stays === null });
      outcomes.push({ importCertificate: row.importCertificate, shipment: row.shipment, stays });
    }
    return outcomes;
  },
};

async function judge(
  work: Work,
  index: number,
  row: Verified,
  { certificate, shipment, came }: { certificate: Standing | null | undefined; shipment: Arrived | null | undefined; came: Came | null },
): Promise<void> {
  const { operation, on } = row;
  const refuse = (reason: Reason | null) => reason && work.refuse(index, reason);
  const others = (message: string): Reason => ({
    code: 'FORBIDDEN',
    message,
    path: ['operation'],
    rule: RULE,
    remedy: 'the importer of the certificate, or the consignee of the shipment, verifies what arrived',
  });
  if (certificate === undefined) refuse(noSuch('import certificate', 'importCertificate'));
  if (shipment === undefined) refuse(noSuch('shipment', 'shipment'));
  if (certificate && operation !== certificate.importerId && operation !== certificate.importerOfRecordId)
    refuse(others('the operation is not the importer'));
  else if (certificate === null && shipment && operation !== shipment.consigneeId) refuse(others('the shipment went to another'));
  if (shipment && !shipment.isCovered)
    refuse({
      code: 'REFUSED',
      message: 'the shipment carries nothing that the certificate covers, went to another, or came before it was issued',
      path: ['shipment'],
      rule: RULE,
      remedy: 'name the certificate under which it arrived',
    });
  if (shipment && (shipment.arrivedOn === null || on < shipment.arrivedOn))
    refuse({
      code: 'REFUSED',
      message: shipment.arrivedOn === null ? 'the shipment has not arrived' : `the shipment arrived on ${shipment.arrivedOn}`,
      path: ['on'],
      rule: RULE,
      remedy: 'record its arrival first, and verify it then or later',
    });
  refuse(notYet(on, work.now, 'on'));
  const isToStep = certificate && certificate.status !== 'VERIFIED' && isStep(row, certificate);
  if (isToStep) refuse(standsElsewhere('verifyArrival', certificate.status, 'importCertificate'));
  if (certificate && came) refuse(tooEarly(row, came) ?? (isToStep ? beforeItsHistory(certificate, { on, at: null }, RULE, 'on') : null));
  refuse(await tooOften(work, row));
  const documents = row.answers.flatMap((answer) => answer.documents);
  const found = await work.tx.query<{ id: string }>(
    `select d.id from document d where d.id = any($1) and ${subjectVisible(onBehalfOf(work.viewer, operation), 'd.id')}`,
    [documents],
  );
  const known = new Set(found.map(({ id }) => id));
  for (const [place, answer] of row.answers.entries())
    for (const [nth, id] of answer.documents.entries()) if (!known.has(id)) refuse(noSuch('document', 'answers', place, 'documents', nth));
}

/** Why nothing can have been verified under a certificate on that day; null if it can. */
function tooEarly({ on, shipment }: Verified, { issuedOn, since, isEntered }: Came): Reason | null {
  const refused = (message: string, remedy: string, path = 'on'): Reason => ({
    code: 'REFUSED',
    message,
    path: [path],
    rule: RULE,
    remedy,
  });
  if (issuedOn !== null && on < issuedOn)
    return refused(`the certificate was issued on ${issuedOn}`, 'give the day on which it was verified, not before that');
  if (shipment !== null || isEntered) return null;
  if (since === null)
    return refused(
      'nothing that it covers has arrived or was entered',
      'record the arrival of its shipment, or its entry, first',
      'importCertificate',
    );
  return on < since ? refused(`the first of it came on ${since}`, 'give the day on which it was verified, not before that') : null;
}

/** Most that is recorded of one certificate and shipment on a day. */
const MOST_A_DAY = 20;

async function tooOften({ tx, now }: Work, { importCertificate, shipment }: Verified): Promise<Reason | null> {
  const [row] = await tx.query<{ count: number }>(
    `select count(*)::int as count from arrival a where (a.import_certificate = $1 or a.shipment = $2) and a.import_certificate is not distinct from $1
       and a.shipment is not distinct from $2 and a.retracted_by is null and a.at > $3::timestamptz - interval '1 day'`,
    [importCertificate, shipment, now],
  );
  return row!.count < MOST_A_DAY
    ? null
    : {
        code: 'REFUSED',
        message: `it was verified ${MOST_A_DAY} times within a day, the most that is kept`,
        path: [shipment === null ? 'importCertificate' : 'shipment'],
        remedy: 'verify it again tomorrow, all answers at once',
      };
}

async function keep(
  work: Work,
  row: Verified,
  { certificate, shipment, isVerified }: { certificate: Standing | null; shipment: Arrived | null; isVerified: boolean },
): Promise<void> {
  const id = uuidv7();
  await record(work, 'arrival', ARRIVAL, [{ ...row, id, at: work.now }]);
  const parties = new Parties();
  if (certificate)
    parties.add(
      [
        certificate.exporterId,
        certificate.certifierId,
        certificate.importerId,
        certificate.importerOfRecordId,
        certificate.consigneeId,
        certificate.finalHandlerId,
      ],
      'import_certificate',
      certificate.id,
      id,
      row.on,
    );
  if (row.shipment !== null && shipment) parties.add([shipment.shipperId, shipment.consigneeId], 'shipment', row.shipment, id, row.on);
  await parties.record(work);
  work.emit({
    type: 'arrival.verified',
    subject: (row.importCertificate ?? row.shipment)!,
    payload: {
      arrival: id,
      importCertificate: row.importCertificate,
      shipment: row.shipment,
      verdicts: Object.fromEntries(row.answers.map(({ check, verdict }) => [check, verdict])),
    },
  });
  if (!certificate || certificate.status === 'VERIFIED' || !isVerified) return;
  await recordCertificateStep(work, certificate, {
    id: uuidv7(),
    certificateId: certificate.id,
    sequence: certificate.sequence + 1,
    from: certificate.status,
    status: 'VERIFIED',
    on: row.on,
    at: null,
    reason: null,
    madeById: row.operation,
  });
}
