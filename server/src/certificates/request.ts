import {
  CountryCodeScalar,
  DateScalar,
  ImportCertificateKind,
  parseCountry,
  parseDay,
  parseHts,
  parseStandard,
  type Reason,
  sumGrams,
  today,
  toKilograms,
} from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf } from '../access';
import {
  type Command,
  CommandInput,
  idempotencyKey,
  idOf,
  isReason,
  noSuch,
  oneOf,
  optional,
  QuantityInput,
  quantity,
  read,
  type Work,
  weigh,
} from '../commands';
import { attachPapers, judgePapers, papers } from './attach';
import { certificateLines, ImportCertificateLineInput, judgeLines } from './covered';
import { tellIfLate } from './late';
import { type NewCertificateLine, type NewImportCertificate, recordImportCertificates } from './record';
import { stepOf } from './road';
import { ImportCertificateTransportInput, transport } from './transport';

@InputType({ description: 'What 7 U.S.C. 6502(13) and the request form ask of an import certificate.' })
export class RequestImportCertificateInput extends CommandInput {
  @Field(() => ID, { description: 'Final certified exporter, who asks.' })
  exporter: string;

  @Field(() => ID, { nullable: true, description: 'Last certified operation that handled the goods, where it is another.' })
  finalHandler?: string;

  @Field(() => ID, { description: 'Certified importer.' })
  importer: string;

  @Field(() => ID, { nullable: true, description: 'Importer of record with customs, where it is another.' })
  importerOfRecord?: string;

  @Field(() => ID, { nullable: true, description: 'Ultimate consignee, where it is another than the importer.' })
  consignee?: string;

  @Field(() => ID, { description: 'Certifying agent of the exporter, who is asked.' })
  certifier: string;

  @Field(() => ImportCertificateKind, { description: 'For a shipment, or for a period.' })
  kind: ImportCertificateKind;

  @Field(() => CountryCodeScalar, { description: 'Where the goods come from.' })
  origin: string;

  @Field(() => CountryCodeScalar, { description: 'Where they go.' })
  destination: string;

  @Field(() => String, { description: 'The one HTS code of all that it covers: ten digits, with or without points.' })
  hts: string;

  @Field(() => String, { description: 'NOP, or the arrangement of equivalence.' })
  standard: string;

  @Field(() => [ImportCertificateLineInput], { description: 'What it is to cover: 1 to 1,000 lines.' })
  lines: ImportCertificateLineInput[];

  @Field(() => DateScalar, { nullable: true, description: 'First day of the period; of a period only.' })
  validFrom?: string;

  @Field(() => DateScalar, { nullable: true, description: 'Last day of the period; of a period only.' })
  validTo?: string;

  @Field(() => QuantityInput, { nullable: true, description: 'Estimated mass of the period; of a period only.' })
  estimate?: QuantityInput;

  @Field(() => DateScalar, { nullable: true, description: 'Day by which it is needed.' })
  neededBy?: string;

  @Field(() => ImportCertificateTransportInput, { nullable: true, description: 'How the goods are to travel.' })
  transport?: ImportCertificateTransportInput;

  @Field(() => [ID], { nullable: true, description: 'Papers that show the importer, the product and its way; at most 100.' })
  documents?: string[];
}

/** ISO 3166-1 of the United States and of territories within their customs. */
const UNITED_STATES: ReadonlySet<string> = new Set(['US', 'PR', 'VI', 'GU', 'AS', 'MP', 'UM']);

const request = z
  .object({
    idempotencyKey,
    exporter: idOf('Operation'),
    finalHandler: optional(idOf('Operation')),
    importer: idOf('Operation'),
    importerOfRecord: optional(idOf('Operation')),
    consignee: optional(idOf('Operation')),
    certifier: idOf('Certifier'),
    kind: oneOf(ImportCertificateKind, 'a kind'),
    origin: read(parseCountry),
    destination: read(parseCountry),
    hts: read(parseHts),
    standard: read(parseStandard),
    lines: certificateLines,
    validFrom: optional(read(parseDay)),
    validTo: optional(read(parseDay)),
    estimate: optional(quantity),
    neededBy: optional(read(parseDay)),
    transport: optional(transport),
    documents: papers,
  })
  .superRefine(({ kind, validFrom, validTo, estimate, origin, destination }, context) => {
    for (const [field, value] of Object.entries({ validFrom, validTo, estimate })) {
      if (kind === 'PERIOD' && value === null)
        context.addIssue({ code: 'custom', message: 'a certificate for a period has days and an estimate', path: [field] });
      if (kind === 'SHIPMENT' && value !== null)
        context.addIssue({ code: 'custom', message: 'a certificate for a shipment has no period', path: [field] });
    }
    if (validFrom !== null && validTo !== null && validTo < validFrom)
      context.addIssue({ code: 'custom', message: 'the period ends before it begins', path: ['validTo'] });
    if (!UNITED_STATES.has(destination))
      context.addIssue({
        code: 'custom',
        message: `${destination} is not in the United States`,
        path: ['destination'],
        params: { remedy: 'an import certificate is for goods that enter the United States: name US, or a territory of theirs' },
      });
    if (origin === 'US')
      context.addIssue({
        code: 'custom',
        message: 'goods of the United States are not imported',
        path: ['origin'],
        params: { remedy: 'name the country where the goods come from; goods that return are entered without a certificate' },
      });
  });

type Request = z.infer<typeof request>;
const NAMED = ['exporter', 'finalHandler', 'importer', 'importerOfRecord', 'consignee'] as const;

/** What is wrong with a request beside its lines and papers. */
async function reasonsAgainst({ tx, now }: Work, row: Request): Promise<Reason[]> {
  const reasons: Reason[] = [];
  const operations = await tx.query<{ id: string }>('select id from operation where id = any($1)', [
    NAMED.flatMap((each) => row[each] ?? []),
  ]);
  const known = new Set(operations.map(({ id }) => id));
  for (const each of NAMED) if (row[each] !== null && !known.has(row[each])) reasons.push(noSuch('operation', each));
  const certifiers = await tx.query('select from certifier where id = $1', [row.certifier]);
  if (certifiers.length === 0) reasons.push(noSuch('certifier', 'certifier'));
  const { rule } = stepOf('requestImportCertificate');
  if (row.importer === row.exporter)
    reasons.push({
      code: 'REFUSED',
      message: 'the importer is the exporter',
      path: ['importer'],
      rule,
      remedy: 'name another as the importer',
    });
  if (row.validTo !== null && row.validTo < today(now))
    reasons.push({
      code: 'REFUSED',
      message: `the period ended on ${row.validTo}`,
      path: ['validTo'],
      rule,
      remedy: 'ask before the goods leave: give a period that comes',
    });
  if (row.neededBy !== null && row.neededBy < today(now))
    reasons.push({
      code: 'REFUSED',
      message: `the day ${row.neededBy} is over`,
      path: ['neededBy'],
      rule,
      remedy: 'ask before the goods leave: give a day that comes',
    });
  return reasons;
}

/**
 * An exporter asks its certifying agent for an import certificate, before the goods leave (7 CFR 205.273). The request claims no grams; its
 * lots and papers are in the certifier's sight from now on. Whether they are good is for the review to find. One that comes late is taken all
 * the same, and the log says so.
 */
export const requestImportCertificate: Command<Request, { importCertificate: string }> = {
  name: 'requestImportCertificate',
  input: request,
  may: (viewer, { exporter }) => mayActFor(viewer, exporter, 'IMPORT_CERTIFICATES'),
  async run(work, rows) {
    const certificates: NewImportCertificate[] = [];
    const lines: NewCertificateLine[] = [];
    const attaching: (() => Promise<void>)[] = [];
    for (const [index, row] of rows.entries()) {
      for (const reason of await reasonsAgainst(work, row)) work.refuse(index, reason);
      const asExporter = onBehalfOf(work.viewer, row.exporter);
      const covered = await judgeLines(work, index, asExporter, row.lines);
      const attached = await judgePapers(work, index, asExporter, row.documents);
      const grams = row.estimate && weigh(row.estimate, null);
      if (grams !== null && isReason(grams)) {
        work.refuse(index, { ...grams, path: ['estimate'] });
        continue;
      }
      const mass = sumGrams(covered.map((line) => line.grams));
      if (grams !== null && mass > grams)
        work.refuse(index, {
          code: 'REFUSED',
          message: `the lines are ${toKilograms(mass)} kg together, the estimate ${toKilograms(grams)} kg`,
          path: ['estimate'],
          rule: stepOf('requestImportCertificate').rule,
          remedy: 'estimate at least what the lines ask for',
        });
      const certificate: NewImportCertificate = {
        id: uuidv7(),
        number: null,
        kind: row.kind,
        exporterId: row.exporter,
        finalHandlerId: row.finalHandler,
        importerId: row.importer,
        importerOfRecordId: row.importerOfRecord,
        consigneeId: row.consignee,
        certifierId: row.certifier,
        hts: row.hts,
        origin: row.origin,
        destination: row.destination,
        standard: row.standard,
        validFrom: row.validFrom,
        validTo: row.validTo,
        neededBy: row.neededBy,
        transport: row.transport,
        grams,
        value: row.estimate?.value ?? null,
        unit: row.estimate?.unit ?? null,
        attributes: null,
        statuses: [{ id: uuidv7(), status: 'REQUESTED', on: today(work.now), at: work.now, madeById: row.exporter }],
      };
      certificates.push(certificate);
      for (const { productName: _, hts: _hts, ...line } of covered)
        lines.push({ ...line, id: uuidv7(), certificate, reference: null, attributes: null });
      attaching.push(() => attachPapers(work, certificate, attached));
    }
    work.check();
    await recordImportCertificates(work, certificates, lines);
    for (const attach of attaching) await attach();
    for (const certificate of certificates) await tellIfLate(work, certificate);
    return certificates.map(({ id }) => ({ importCertificate: id }));
  },
};
