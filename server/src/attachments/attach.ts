import {
  bad,
  DateScalar,
  type Day,
  DocumentType,
  good,
  MarkedOrganic,
  type NodeType,
  parseCode,
  parseDay,
  parseFactId,
  quote,
} from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, onBehalfOf, subjectVisible } from '../access';
import { handOver } from '../certificates';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, oneOf, optional, read, type Work } from '../commands';
import { type NewDocument, type NewDocumentLink, NOUN_OF_LINK, recordDocumentLinks, recordDocuments, storeContents } from '../documents';
import { claim } from '../files';
import { type About, aboutWhat, idsIn, LIST_NAMES } from './nouns';

@InputType({ description: 'A paper that is not on record yet.' })
export class PaperInput {
  @Field(() => DocumentType, { description: 'What paper it is.' })
  type: DocumentType;

  @Field(() => String, { description: 'The number on it; at most 128 characters.' })
  number: string;

  @Field(() => ID, { description: 'Who issued it: yourself, or whoever gave it to you.' })
  issuer: string;

  @Field(() => DateScalar, { description: 'Day on it.' })
  issuedOn: string;

  @Field(() => MarkedOrganic, { description: 'Does it identify the goods as organic?' })
  markedOrganic: MarkedOrganic;
}

@InputType({ description: 'A paper, its bytes, and what it is about: a new paper, or more about one on record.' })
export class AttachDocumentInput extends CommandInput {
  @Field(() => ID, { description: 'In whose records it is kept; a party to all that it is about.' })
  operation: string;

  @Field(() => PaperInput, { nullable: true, description: 'A new paper.' })
  paper?: PaperInput;

  @Field(() => ID, { nullable: true, description: 'Or one on record, which the operation issued or keeps.' })
  document?: string;

  @Field(() => String, { nullable: true, description: 'SHA-256 of bytes that you uploaded, as POST /files answered; once for a document.' })
  sha256?: string;

  @Field(() => [ID], { nullable: true, description: 'Lots that it names.' })
  lots?: string[];

  @Field(() => [ID], { nullable: true, description: 'Shipments that it is about; both sides see it then.' })
  shipments?: string[];

  @Field(() => [ID], { nullable: true, description: 'Import certificates that it is about; whoever has the certificate sees it then.' })
  importCertificates?: string[];

  @Field(() => [ID], {
    nullable: true,
    description:
      'The operation itself, where it is about that; of a contract, an order, a sales document or an invoice also the other side, which sees it then.',
  })
  operations?: string[];

  @Field(() => [ID], {
    nullable: true,
    description: "The operation's own organic certificates that it is about; their certifiers see it then.",
  })
  operationCertificates?: string[];

  @Field(() => [ID], { nullable: true, description: 'Customs entries that it is about; whoever has the entry sees it then.' })
  customsEntries?: string[];

  @Field(() => [ID], { nullable: true, description: 'Emergency actions that it is about; whoever has the notification sees it then.' })
  emergencyActions?: string[];

  @Field(() => [ID], {
    nullable: true,
    description: 'Transfers, losses and treatments that it is about, by what an answer gave as `fact`; their parties see it then.',
  })
  facts?: string[];
}

/** Most nouns of a kind that one command attaches a document to. */
const MOST = 1000;

const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .max(MOST, `one command takes at most ${MOST}`)
    .nullish()
    .transform((value) => value ?? []);

const ids = (type: NodeType) => listOf(idOf(type));

const sha256 = read((text) =>
  /^[0-9a-f]{64}$/.test(text) ? good(text) : bad('it is no SHA-256', 'send 64 hexadecimal digits, as POST /files answered'),
);

const attachment = z
  .object({
    idempotencyKey,
    operation: idOf('Operation'),
    paper: optional(
      z.object({
        type: oneOf(DocumentType, 'a type'),
        number: read(parseCode),
        issuer: idOf('Operation'),
        issuedOn: read(parseDay),
        markedOrganic: oneOf(MarkedOrganic, 'a mark'),
      }),
    ),
    document: optional(idOf('Document')),
    sha256: optional(sha256),
    lots: ids('Lot'),
    shipments: ids('Shipment'),
    importCertificates: ids('ImportCertificate'),
    operations: ids('Operation'),
    operationCertificates: ids('OperationCertificate'),
    customsEntries: ids('CustomsEntry'),
    emergencyActions: ids('EmergencyActionNotification'),
    facts: listOf(read(parseFactId)),
  })
  .refine(({ paper, document }) => (paper === null) !== (document === null), {
    message: 'it is one document',
    path: ['document'],
    params: { remedy: 'give a new paper, or the id of a document on record' },
  })
  .refine((row) => row.paper !== null || row.sha256 !== null || LIST_NAMES.some((list) => row[list].length > 0), {
    message: 'there is nothing to attach',
    path: ['document'],
    params: { remedy: 'give the sha256 of its bytes, or what the document is about' },
  });

type Attachment = z.infer<typeof attachment>;

/** A document on record, as whoever attaches something to it finds it. */
interface KnownDocument {
  id: string;
  type: DocumentType;
  issuer: string;
  keeper: string;
  issuedOn: Day;
  sha256: string | null;
  content: string | null;
}

/**
 * Documents that the operation sees, by id, locked: two commands on one come one after the other. Who keeps or issued a document says what
 * it is about; whoever else has it keeps a copy of its own.
 */
async function documentToAttach(work: Work, row: number, { operation, document }: Attachment): Promise<KnownDocument | null> {
  const [found] = await work.tx.query<KnownDocument>(
    `select d.id, d.type, d.issuer, d.keeper, d.issued_on as "issuedOn", d.sha256, d.content from document d
     where d.id = $1 and ${subjectVisible(onBehalfOf(work.viewer, operation), 'd.id')} for no key update of d`,
    [document],
  );
  if (!found) work.refuse(row, noSuch('document', 'document'));
  else if (found.issuer !== operation && found.keeper !== operation)
    work.refuse(row, {
      code: 'REFUSED',
      message: 'the operation neither issued the document nor keeps it',
      path: ['document'],
      remedy: 'give it as a new paper, of which the operation keeps a copy',
    });
  return found ?? null;
}

/** Is a paper on record already, among those that the operation keeps, or its issuer keeps and the operation sees? */
async function refuseKnown(work: Work, row: number, operation: string, paper: NonNullable<Attachment['paper']>): Promise<void> {
  const { issuer, type, number } = paper;
  const known = await work.tx.query(
    `select from document d where d.issuer = $1 and d.type = $2 and d.number = $3
       and (d.keeper = $4 or (d.keeper = d.issuer and ${subjectVisible(onBehalfOf(work.viewer, operation), 'd.id')}))`,
    [issuer, type, number, operation],
  );
  if (known.length > 0)
    work.refuse(row, {
      code: 'CONFLICT',
      message: `a document of this issuer, type and the number ${quote(number)} is on record`,
      path: ['paper', 'number'],
      remedy: 'give the id of that document, or another number',
    });
}

/** What is already said of a document is not said again. */
async function refuseLinked(work: Work, row: number, document: string, about: readonly About[], lists: Attachment): Promise<void> {
  const linked = await work.tx.query<{ noun: string }>(
    `select ${NOUN_OF_LINK} as noun from document_link k where k.document = $1 and k.retracted_by is null and ${NOUN_OF_LINK} = any($2)`,
    [document, about.map(({ nounId }) => nounId)],
  );
  for (const { noun } of linked) {
    const list = LIST_NAMES.find((each) => idsIn(lists, each).includes(noun))!;
    work.refuse(row, {
      code: 'CONFLICT',
      message: 'the document is about this already',
      path: [list, idsIn(lists, list).indexOf(noun)],
      remedy: 'leave it out',
    });
  }
}

/** An operation puts a paper of the audit trail into its records, with its bytes and what it is about (7 CFR 205.2, 205.103). */
export const attachDocument: Command<Attachment, { document: string }> = {
  name: 'attachDocument',
  input: attachment,
  may: (viewer, { operation }) => mayActFor(viewer, operation, 'DOCUMENTS'),
  async run(work, rows) {
    const named = rows.flatMap(({ operation, paper }) => [operation, ...(paper ? [paper.issuer] : [])]);
    const operations = new Set(
      (await work.tx.query<{ id: string }>('select id from operation where id = any($1)', [named])).map(({ id }) => id),
    );
    const ours = await claim(
      work.tx,
      work.viewer,
      rows.flatMap((row) => row.sha256 ?? []),
    );
    const documents: NewDocument[] = [];
    const contents: { documentId: string; sha256: string }[] = [];
    const links: NewDocumentLink[] = [];
    const outcomes: { document: string }[] = [];
    for (const [index, row] of rows.entries()) {
      const { operation, paper } = row;
      if (!operations.has(operation)) work.refuse(index, noSuch('operation', 'operation'));
      if (row.sha256 !== null && !ours.has(row.sha256))
        work.refuse(index, {
          code: 'NOT_FOUND',
          message: 'you have uploaded no such bytes, or not within a day',
          path: ['sha256'],
          remedy: 'upload the file by POST /files, and send the sha256 of its answer',
        });
      const known = paper ? null : await documentToAttach(work, index, row);
      const about = await aboutWhat(work, index, operation, paper?.type ?? known?.type ?? null, row);
      const document = paper ? uuidv7() : known?.id;
      if (!document) continue;
      if (paper) {
        if (!operations.has(paper.issuer)) work.refuse(index, noSuch('operation', 'paper', 'issuer'));
        const early = notYet(paper.issuedOn, work.now, 'paper', 'issuedOn');
        if (early) work.refuse(index, early);
        await refuseKnown(work, index, operation, paper);
        documents.push({
          id: document,
          type: paper.type,
          number: paper.number,
          issuerId: paper.issuer,
          keeperId: operation,
          issuedOn: paper.issuedOn,
          markedOrganic: paper.markedOrganic,
          file: null,
          sha256: row.sha256,
          stored: row.sha256 !== null,
          attributes: null,
        });
      } else {
        await refuseLinked(work, index, document, about, row);
        if (row.sha256 !== null && (known!.content ?? known!.sha256 ?? row.sha256) !== row.sha256)
          work.refuse(index, {
            code: 'CONFLICT',
            message: known!.content ? 'the document has other bytes' : 'these are not the bytes that were hashed for the document',
            path: ['sha256'],
            rule: '7 CFR 205.103(b)(4)',
            remedy: 'record another document for other bytes',
          });
        else if (row.sha256 !== null && known!.content === null) contents.push({ documentId: document, sha256: row.sha256 });
      }
      const issuedOn = paper ? paper.issuedOn : known!.issuedOn;
      links.push(...about.map((each) => ({ id: uuidv7(), documentId: document, issuedOn, ...each })));
      outcomes.push({ document });
    }
    work.check();
    await recordDocuments(work, documents);
    if (contents.length > 0) await storeContents(work, contents);
    await recordDocumentLinks(work, links);
    await handOver(
      work,
      links.flatMap(({ noun, nounId }) => (noun === 'import_certificate' ? [nounId] : [])),
    );
    return outcomes;
  },
};
