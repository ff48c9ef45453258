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
  /** Last day on which a leg of it arrived; null while it has not. */
  arrivedOn: Day | null;
  /** Does it carry what the certificate covers, to whom it names? */
  isCovered: boolean;
}

async function shipmentOf({ tx }: Work, viewer: Parameters<typeof subjectVisible>[0], { shipment, importCertificate }: Verified) {
  const [row] = await tx.query<Arrived>(
    `select s.shipper as "shipperId", s.consignee as "consigneeId",
       (select max(g.arrived_on) from shipment_leg g where g.shipment = s.id and g.retracted_by is null) as "arrivedOn",
       $2::uuid is null or exists (
         select from import_certificate c join import_certificate_line n on n.import_certificate = c.id and n.retracted_by is null
           join shipped_lot x on x.shipment = s.id and x.retracted_by is null join lot l on l.id = x.lot
         where c.id = $2 and s.consignee in (c.importer, c.importer_of_record, c.consignee) and (n.lot = x.lot or (n.lot is null and n.product = l.product))
       ) as "isCovered"
     from shipment s where s.id = $1 and ${subjectVisible(viewer, 's.id')}`,
    [shipment, importCertificate],
  );
  return row;
}

/** Is the certificate verified by this? Where every answer is YES; one for a period goes on where only one shipment was looked at. */
const isVerifying = ({ answers, shipment }: Verified, { kind }: Standing): boolean =>
  answers.every(({ verdict }) => verdict === 'YES') && (kind === 'SHIPMENT' || shipment === null);

/**
 * The importer says what it verified of goods that arrived (7 CFR 205.273): a valid certificate, its data, and neither prohibited substances
 * nor radiation since export. What is on record against an answer does not refuse it: it stands beside it. Where every answer is YES the
 * certificate is VERIFIED; a NO is kept, and changes nothing else.
 */
export const verifyArrival: Command<Verified, { importCertificate: string | null; shipment: string | null }> = {
  name: 'verifyArrival',
  input: arrival,
  may: (viewer, { operation, importCertificate }) =>
    mayActFor(viewer, operation, importCertificate === null ? 'SHIPMENTS' : 'IMPORT_CERTIFICATES'),
  async run(work, rows) {
    for (const [index, row] of rows.entries()) {
      const asOperation = onBehalfOf(work.viewer, row.operation);
      const certificate =
        row.importCertificate === null
          ? null
          : (await lockCertificates({ ...work, viewer: asOperation }, [row.importCertificate])).get(row.importCertificate);
      const shipment = row.shipment === null ? null : await shipmentOf(work, asOperation, row);
      await judge(work, index, row, certificate, shipment);
      work.check();
      await keep(work, row, certificate ?? null, shipment ?? null);
    }
    return rows.map(({ importCertificate, shipment }) => ({ importCertificate, shipment }));
  },
};

async function judge(
  work: Work,
  index: number,
  row: Verified,
  certificate: Standing | null | undefined,
  shipment: Arrived | null | undefined,
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
      message: 'the shipment carries nothing that the certificate covers, or went to another',
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
  if (certificate && isVerifying(row, certificate) && certificate.status !== 'VERIFIED') {
    refuse(standsElsewhere('verifyArrival', certificate.status, 'importCertificate'));
    refuse(beforeItsHistory(certificate, { on, at: null }, RULE, 'on'));
  }
  const documents = row.answers.flatMap((answer) => answer.documents);
  const found = await work.tx.query<{ id: string }>(
    `select d.id from document d where d.id = any($1) and ${subjectVisible(onBehalfOf(work.viewer, operation), 'd.id')}`,
    [documents],
  );
  const known = new Set(found.map(({ id }) => id));
  for (const [place, answer] of row.answers.entries())
    for (const [nth, id] of answer.documents.entries()) if (!known.has(id)) refuse(noSuch('document', 'answers', place, 'documents', nth));
}

async function keep(work: Work, row: Verified, certificate: Standing | null, shipment: Arrived | null): Promise<void> {
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
  if (!certificate || certificate.status === 'VERIFIED' || !isVerifying(row, certificate)) return;
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
