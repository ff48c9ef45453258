import { type Day, type Grams, parseHts, quote, type Reason, toKilograms } from '@lotline/schema';
import { Field, ID, InputType, Int } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { ADMINISTRATOR, onBehalfOf, subjectVisible, type Viewer } from '../access';
import { lockCertificates, type Standing, standsElsewhere, stepOf, type Volume, volumesOf } from '../certificates';
import { idOf, isReason, noSuch, optional, QuantityInput, quantity, read, type Work, weigh } from '../commands';
import { isInPeriod } from './filing';
import type { NewCustomsEntry, NewCustomsEntryLine } from './record';

// What an entry says, line by line: each draws on a certificate of the importer.

@InputType({ description: 'A line of an entry: what it draws on an import certificate.' })
export class CustomsEntryLineInput {
  @Field(() => Int, { description: 'Number of the line, from 1 to 9,999.' })
  line: number;

  @Field(() => String, { description: 'HTS code of ten digits, with or without points.' })
  hts: string;

  @Field(() => ID, { description: 'The certificate on which it draws.' })
  importCertificate: string;

  @Field(() => QuantityInput, { description: 'Net mass entered.' })
  quantity: QuantityInput;

  @Field(() => [ID], { nullable: true, description: 'The lots, if they are known; at most 200.' })
  lots?: string[];
}

/** Most lines that a command takes; more come by import. */
const MOST_LINES = 1000;
const MOST_LOTS = 200;

const line = z.object({
  line: z.number('it is missing').int().min(1, 'lines are numbered from 1').max(9999, 'a line has a number up to 9999'),
  hts: read(parseHts),
  importCertificate: idOf('ImportCertificate'),
  quantity,
  lots: optional(z.array(idOf('Lot')).max(MOST_LOTS, `a line names at most ${MOST_LOTS} lots`)),
});

export const entryLines = z
  .array(line)
  .min(1, 'an entry has a line at least')
  .max(MOST_LINES, `an entry takes at most ${MOST_LINES} lines at once`);

type GivenLine = z.infer<typeof line>;

/** An entry whose lines are judged. */
export interface Filed extends NewCustomsEntry {
  madeById: string;
}

/** The viewer as it names something in a command: a key names what its scopes let it see. */
export const naming = (viewer: Viewer): Viewer =>
  viewer.kind === 'PARTNER' && viewer.operationId !== null ? onBehalfOf(viewer, viewer.operationId) : viewer;

/** Certificates on which a command draws more or less than before. */
export interface Draws {
  certificates: Map<string, Standing>;
  /** Those that the viewer sees, or on which the entry drew before. */
  seen: Set<string>;
  /** What was drawn on each before the command. */
  before: Map<string, Volume>;
}

/**
 * Locks certificates in the order of their ids, and reads what is drawn on them. Those that an entry drew on are settled whoever sees them: a
 * broker may see entries and no certificates. Of those that are named only what the viewer itself sees is there; that they are the importer's
 * is asked of each.
 */
export async function drawsOn(work: Work, named: readonly string[], released: readonly string[] = []): Promise<Draws> {
  const ids = [...new Set([...named, ...released])];
  const certificates = await lockCertificates({ ...work, viewer: ADMINISTRATOR }, ids);
  const seen = await work.tx.query<{ id: string }>(
    `select c.id from import_certificate c where c.id = any($1) and ${subjectVisible(naming(work.viewer), 'c.id')}`,
    [named],
  );
  return { certificates, seen: new Set([...seen.map(({ id }) => id), ...released]), before: await volumesOf(work, ids) };
}

/** Which lots certificates cover: by name, or by their product where a line names no lot. */
async function coveredBy({ tx }: Work, certificates: readonly string[]): Promise<(certificate: string, lot: Lot) => boolean> {
  const rows = await tx.query<{ certificate: string; product: string; lot: string | null }>(
    'select distinct import_certificate as certificate, product, lot from import_certificate_line where import_certificate = any($1) and retracted_by is null',
    [certificates],
  );
  const keys = new Set(rows.map(({ certificate, product, lot }) => `${certificate} ${lot ?? product}`));
  return (certificate, { id, product }) => keys.has(`${certificate} ${id}`) || keys.has(`${certificate} ${product}`);
}

interface Lot {
  id: string;
  code: string;
  product: string;
}

/** The day since which certificates are with their importers; null where nobody said. */
async function handedOverOn({ tx }: Work, certificates: readonly string[]): Promise<Map<string, Day | null>> {
  const rows = await tx.query<{ id: string; on: Day | null }>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.on_day as "on" from import_certificate_status s
     where s.import_certificate = any($1) and s.status in ('HANDED_OVER', 'ENTERED', 'EXHAUSTED') and s.retracted_by is null
     order by s.import_certificate, s.sequence`,
    [certificates],
  );
  return new Map(rows.map(({ id, on }) => [id, on]));
}

/** Why an entry was not filed in the period of a certificate; null where it was, or there is none. */
function filedOutside({ filedOn }: Filed, certificate: Standing): Reason | null {
  const { kind, status, validFrom, validTo } = certificate;
  const isOver = status === 'EXPIRED';
  if (isOver ? isInPeriod(certificate, filedOn) : kind !== 'PERIOD') return null;
  const isEarly = validFrom !== null && filedOn < validFrom;
  if (!isOver && !isEarly && (validTo === null || filedOn <= validTo)) return null;
  return {
    code: isOver ? 'CONFLICT' : 'REFUSED',
    message: isOver
      ? 'the certificate is EXPIRED'
      : isEarly
        ? `the certificate is valid from ${validFrom}`
        : `the certificate was valid until ${validTo}`,
    path: ['importCertificate'],
    rule: '7 CFR 205.273',
    remedy:
      validTo === null && isOver
        ? 'draw on a certificate that is valid on the day of filing'
        : `only what was filed ${validFrom === null ? '' : `from ${validFrom} `}${validTo === null ? '' : `to ${validTo} `}draws on it; draw on another`,
  };
}

/** How a line stands to its certificate, but for the mass. */
function againstCertificate(
  command: 'recordCustomsEntry' | 'amendCustomsEntry',
  { hts }: GivenLine,
  entry: Filed,
  certificate: Standing,
  since: Day | null,
): Reason[] {
  const { rule } = stepOf(command);
  if (entry.madeById !== certificate.importerId && entry.madeById !== certificate.importerOfRecordId)
    return [
      {
        code: 'REFUSED',
        message: 'the certificate names another importer',
        path: ['importCertificate'],
        rule,
        remedy: 'draw on a certificate that names the importer, or have the one it names enter the goods',
      },
    ];
  const reasons: Reason[] = [];
  const elsewhere = standsElsewhere(command, certificate.status, 'importCertificate') ?? filedOutside(entry, certificate);
  if (elsewhere) reasons.push(elsewhere);
  if (hts !== certificate.hts)
    reasons.push({
      code: 'REFUSED',
      message: `the certificate is for HTS ${certificate.hts}`,
      path: ['hts'],
      rule,
      remedy: 'enter the goods under the HTS code of their certificate, or name the certificate of these goods',
    });
  if (!elsewhere && since !== null && entry.filedOn < since)
    reasons.push({
      code: 'REFUSED',
      message: `the importer has had the certificate since ${since}`,
      path: ['importCertificate'],
      rule,
      remedy: `give the day of filing, ${since} or later, or name the certificate that was there`,
    });
  return reasons;
}

/**
 * Lines of an entry as they were given, every reason against one refused: the certificate is there, with the importer and its own, of the same
 * HTS code, and has as much left; the lots are there, and it covers them.
 * @param freed what the entry's lines before draw, and will draw no more
 */
export async function judgeEntryLines(
  work: Work,
  index: number,
  command: 'recordCustomsEntry' | 'amendCustomsEntry',
  entry: Filed,
  given: readonly GivenLine[],
  { certificates, seen, before }: Draws,
  freed: ReadonlyMap<string, bigint> = new Map(),
): Promise<NewCustomsEntryLine[]> {
  const ids = [...certificates.keys()];
  const lots = new Map(
    (
      await work.tx.query<Lot>(
        `select l.id, l.code, l.product from lot l where l.id = any($1) and ${subjectVisible(naming(work.viewer), 'l.id')}`,
        [given.flatMap(({ lots: named }) => named ?? [])],
      )
    ).map((lot) => [lot.id, lot]),
  );
  const covers = await coveredBy(work, ids);
  const since = await handedOverOn(work, ids);
  const numbers = new Set<number>();
  const drawn = new Map<string, { mass: bigint; place: number }>();
  const judged: NewCustomsEntryLine[] = [];
  for (const [place, one] of given.entries()) {
    const refuse = (reason: Reason) => work.refuse(index, { ...reason, path: ['lines', place, ...(reason.path ?? [])] });
    if (numbers.has(one.line))
      refuse({ code: 'CONFLICT', message: `line ${one.line} is given twice`, path: ['line'], remedy: 'give the lines other numbers' });
    numbers.add(one.line);
    const certificate = seen.has(one.importCertificate) ? certificates.get(one.importCertificate) : undefined;
    if (!certificate) refuse(noSuch('import certificate', 'importCertificate'));
    else for (const reason of againstCertificate(command, one, entry, certificate, since.get(certificate.id) ?? null)) refuse(reason);
    const named = [...new Set(one.lots ?? [])];
    for (const id of named) {
      const lot = lots.get(id);
      const at = ['lots', one.lots!.indexOf(id)];
      if (!lot) refuse(noSuch('lot', ...at));
      else if (certificate && !covers(certificate.id, lot))
        refuse({
          code: 'REFUSED',
          message: `the certificate does not cover lot ${quote(lot.code)}`,
          path: at,
          rule: stepOf(command).rule,
          remedy: 'name lots that stand on the certificate, by themselves or by their product',
        });
    }
    const mass = weigh(one.quantity, null);
    if (isReason(mass)) refuse({ ...mass, path: ['quantity'] });
    else if (certificate) {
      const { mass: so = 0n } = drawn.get(certificate.id) ?? {};
      drawn.set(certificate.id, { mass: so + mass, place });
      judged.push({
        id: uuidv7(),
        entry,
        madeById: entry.madeById,
        line: one.line,
        certificate,
        hts: one.hts,
        grams: mass,
        value: one.quantity.value,
        unit: one.quantity.unit,
        lotIds: named,
        attributes: null,
      });
    }
  }
  for (const [id, { mass, place }] of drawn) {
    const { mass: covered, drawn: already } = before.get(id)!;
    const left = covered - already + (freed.get(id) ?? 0n);
    if (mass > left)
      work.refuse(index, {
        code: 'REFUSED',
        message: `${left > 0n ? `${toKilograms(left as Grams)} kg` : 'nothing'} of the certificate is left, and the entry draws ${toKilograms(mass as Grams)} kg on it`,
        path: ['lines', place, 'quantity'],
        rule: stepOf(command).rule,
        remedy: 'enter at most what is left, or have the certificate revised',
      });
  }
  return judged;
}
