import { type Grams, grams, quote, type Reason, sumGrams, today, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { operationViewer } from '../access';
import { idempotencyKey, idOf, isReason, noSuch, optional, Parties, QuantityInput, quantity, record, type Work, weigh } from '../commands';
import type { Columns } from '../database';
import { type CoveredLine, certificateLines, ImportCertificateLineInput, judgeLines } from './covered';
import { settleDraws, volumesOf } from './draws';
import { HANDED_OVER, handOver } from './hand-over';
import { askingParties, receivingParties, recordImportCertificates } from './record';
import { stepOf } from './road';
import type { Standing } from './standing';
import { ImportCertificateStepInput, takeStep, words } from './step';

@InputType({ description: 'What an issued certificate says from now on. It keeps its number; what is left out stays as it was.' })
export class ReviseImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => ID, { nullable: true, description: 'Ultimate consignee.' })
  consignee?: string;

  @Field(() => QuantityInput, { nullable: true, description: 'Net mass covered, where its lines alone do not say it.' })
  quantity?: QuantityInput;

  @Field(() => [ImportCertificateLineInput], {
    nullable: true,
    description: 'All that it covers, instead of its lines before: 1 to 1,000.',
  })
  lines?: ImportCertificateLineInput[];

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const revision = z.object({
  idempotencyKey,
  importCertificate: idOf('ImportCertificate'),
  consignee: optional(idOf('Operation')),
  quantity: optional(quantity),
  lines: optional(certificateLines),
  reason: words,
});

interface Change {
  field: string;
  from: string | null;
  to: string | null;
}

interface StoredLine {
  id: string;
  productId: string;
  productName: string;
  lotId: string | null;
  grams: string;
}

/** What a revision changes. */
interface Revision {
  changes: Change[];
  consigneeId: string | null;
  mass: { grams: Grams; value: string; unit: string } | null;
  retracted: string[];
  added: CoveredLine[];
}

const said = (name: string, mass: bigint | string) => `${name}, ${toKilograms(BigInt(mass))} kg`;

/** What would be changed, and every reason against it noted. */
async function judgeRevision(work: Work, index: number, row: z.infer<typeof revision>, certificate: Standing): Promise<Revision> {
  const changes: Change[] = [];
  const { consignee, quantity: mass, lines } = row;
  if (consignee !== null) {
    const found = await work.tx.query('select from operation where id = $1', [consignee]);
    if (found.length === 0) work.refuse(index, noSuch('operation', 'consignee'));
    if (consignee !== certificate.consigneeId) changes.push({ field: 'consignee', from: certificate.consigneeId, to: consignee });
  }
  const weighed = mass && weigh(mass, null);
  if (weighed !== null && isReason(weighed)) work.refuse(index, { ...weighed, path: ['quantity'] });
  const kilograms = weighed === null || isReason(weighed) ? null : weighed;
  const before = certificate.grams === null ? null : grams(certificate.grams);
  if (kilograms !== null && kilograms !== before)
    changes.push({ field: 'kilograms', from: before === null ? null : toKilograms(before), to: toKilograms(kilograms) });
  // A certificate covers what its exporter may name: what its certifier sees besides is no lot of it.
  const covered = lines && (await judgeLines(work, index, operationViewer(certificate.exporterId), lines));
  for (const [place, line] of (covered ?? []).entries())
    if (line.hts !== certificate.hts)
      work.refuse(index, {
        code: 'REFUSED',
        message: `${line.productName} is of HTS ${line.hts}, and the certificate of ${certificate.hts}`,
        path: ['lines', place, 'product'],
        rule: stepOf('reviseImportCertificate').rule,
        remedy: 'void the certificate, and ask for one of that code',
      });
  const stored = await work.tx.query<StoredLine>(
    `select x.id, x.product as "productId", p.name as "productName", x.lot as "lotId", x.grams from import_certificate_line x
     join product p on p.id = x.product where x.import_certificate = $1 and x.shipped_lot is null and x.retracted_by is null order by x.id`,
    [certificate.id],
  );
  await judgeDeparted(work, index, certificate, covered, kilograms);
  const inLines = covered && certificate.grams === null ? sumGrams(covered.map((line) => line.grams)) : null;
  await judgeDrawn(work, index, certificate, kilograms ?? inLines);
  const isSame = (line: CoveredLine, old: StoredLine) => line.productId === old.productId && line.lotId === old.lotId;
  const kept = new Set<string>();
  const added: CoveredLine[] = [];
  for (const line of covered ?? []) {
    const old = stored.find((each) => isSame(line, each));
    if (old && BigInt(old.grams) === line.grams) kept.add(old.id);
    else {
      added.push(line);
      changes.push({ field: 'lines', from: old ? said(old.productName, old.grams) : null, to: said(line.productName, line.grams) });
    }
  }
  const retracted = covered ? stored.filter(({ id }) => !kept.has(id)) : [];
  for (const old of retracted)
    if (!added.some((line) => isSame(line, old))) changes.push({ field: 'lines', from: said(old.productName, old.grams), to: null });
  return {
    changes,
    consigneeId: consignee,
    mass: mass && kilograms !== null ? { grams: kilograms, value: mass.value, unit: mass.unit } : null,
    retracted: retracted.map(({ id }) => id),
    added,
  };
}

/** A certificate for a period covers at least what departed under it: of a lot that it names, of products, and in all. */
async function judgeDeparted(
  work: Work,
  index: number,
  certificate: Standing,
  covered: readonly CoveredLine[] | null,
  mass: Grams | null,
): Promise<void> {
  const departed = await work.tx.query<{ lot: string; code: string; product: string; grams: string }>(
    `select x.lot, l.code, x.product, sum(x.grams) as grams from import_certificate_line x join lot l on l.id = x.lot
     where x.import_certificate = $1 and x.shipped_lot is not null and x.retracted_by is null group by x.lot, l.code, x.product`,
    [certificate.id],
  );
  const { rule } = stepOf('reviseImportCertificate');
  const all = departed.reduce((sum, gone) => sum + BigInt(gone.grams), 0n);
  if (mass !== null && mass < all)
    work.refuse(index, {
      code: 'REFUSED',
      message: `${toKilograms(grams(all))} kg departed under the certificate`,
      path: ['quantity'],
      rule,
      remedy: 'cover at least that',
    });
  for (const { code, product } of departed)
    if (covered !== null && !covered.some((line) => line.productId === product))
      work.refuse(index, {
        code: 'REFUSED',
        message: `lot ${quote(code)} departed under the certificate`,
        path: ['lines'],
        rule,
        remedy: 'keep a line for its product',
      });
  const lines = covered ?? [];
  for (const [place, { lotId, grams: named }] of lines.entries()) {
    const gone = departed.find(({ lot }) => lot === lotId);
    if (gone && BigInt(gone.grams) > named)
      work.refuse(index, {
        code: 'REFUSED',
        message: `${toKilograms(grams(gone.grams))} kg of lot ${quote(gone.code)} departed under the certificate`,
        path: ['lines', place, 'quantity'],
        rule,
        remedy: 'name at least that, or the product without the lot',
      });
  }
}

/** It covers at least what entries draw on it, or no less than before: what came from outside may draw more. */
async function judgeDrawn(work: Work, index: number, certificate: Standing, mass: Grams | null): Promise<void> {
  const volume = (await volumesOf(work, [certificate.id])).get(certificate.id)!;
  if (mass === null || mass >= volume.mass || mass >= volume.drawn) return;
  work.refuse(index, {
    code: 'REFUSED',
    message: `customs entries draw ${toKilograms(volume.drawn)} kg on the certificate`,
    path: [certificate.grams === null ? 'lines' : 'quantity'],
    rule: stepOf('reviseImportCertificate').rule,
    remedy: 'cover at least that, or have an entry amended or cancelled first',
  });
}

interface NewRevision {
  id: string;
  certificate: Standing;
  changes: Change[];
  reason: string;
}

const REVISION = ({ now }: Work): Columns<NewRevision & { sequence: number }> => ({
  id: ['uuid', (each) => each.id],
  import_certificate: ['uuid', (each) => each.certificate.id],
  sequence: ['integer', (each) => each.sequence],
  on_day: ['date', () => today(now)],
  at: ['timestamptz', () => now],
  made_by: ['uuid', (each) => each.certificate.certifierId],
  reason: ['text', (each) => each.reason],
  // As text: an array would travel as one of PostgreSQL's.
  changes: ['jsonb', (each) => JSON.stringify(each.changes)],
});

/** Records a revision: what the certificate says, its lines, who is a party to it since, and what was changed. */
async function recordRevision(work: Work, { consigneeId, mass, retracted, added }: Revision, made: NewRevision): Promise<void> {
  const { certificate, changes, reason, id: revisionId } = made;
  const { id } = certificate;
  const on = today(work.now);
  const [{ sequence } = { sequence: 1 }] = await work.tx.query<{ sequence: number }>(
    'select count(*)::int + 1 as sequence from import_certificate_revision where import_certificate = $1',
    [id],
  );
  await record(work, 'import_certificate_revision', REVISION(work), [{ ...made, sequence }]);
  await work.tx.query(
    `update import_certificate set consignee = coalesce($2, consignee), grams = coalesce($3, grams), value = coalesce($4, value), unit = coalesce($5, unit)
     where id = $1`,
    [id, consigneeId, mass?.grams ?? null, mass?.value ?? null, mass?.unit ?? null],
  );
  await work.tx.query('update import_certificate_line set retracted_by = $2 where id = any($1)', [retracted, work.command]);
  await work.tx.query('update party set retracted_by = $2 where fact = any($1) and retracted_by is null', [retracted, work.command]);
  const revised = { ...certificate, consigneeId: consigneeId ?? certificate.consigneeId };
  if (certificate.drawn || HANDED_OVER.has(certificate.status)) {
    const parties = new Parties();
    parties.add([...askingParties(revised), ...receivingParties(revised)], 'import_certificate', id, revisionId, on);
    await parties.record(work);
  }
  const lines = added.map(({ productName: _, hts: _hts, ...line }) => ({
    ...line,
    id: uuidv7(),
    certificate: revised,
    reference: null,
    attributes: null,
  }));
  await recordImportCertificates(work, [], lines, on);
  await handOver(work, [id], on);
  work.emit({ type: 'import-certificate.revised', subject: id, payload: { revision: revisionId, changes, reason } });
}

/**
 * The certifying agent brings an issued certificate up to date: its weights, its consignee (7 CFR 205.273). It keeps its number. What lots it
 * claims more of is refused by the law on claims where others claim it.
 */
export const reviseImportCertificate = takeStep({
  command: 'reviseImportCertificate',
  input: revision,
  told: ({ reason }) => ({ reason }),
  async judge(work, row, certificate, index): Promise<Reason[]> {
    const { changes } = await judgeRevision(work, index, row, certificate);
    return changes.length > 0
      ? []
      : [
          {
            code: 'REFUSED',
            message: 'nothing is changed',
            path: ['importCertificate'],
            rule: stepOf('reviseImportCertificate').rule,
            remedy: 'give what the certificate is to say from now on',
          },
        ];
  },
  async also(work, row, certificate) {
    const judged = await judgeRevision(work, 0, row, certificate);
    const before = await volumesOf(work, [certificate.id]);
    await recordRevision(work, judged, { id: uuidv7(), certificate, changes: judged.changes, reason: row.reason });
    const settled = { before, on: today(work.now), madeBy: certificate.certifierId, reason: row.reason };
    await settleDraws(work, 'reviseImportCertificate', [certificate], settled);
  },
});
