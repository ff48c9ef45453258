import { type Day, type ImportCertificateStatus, latest } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { Work } from '../commands';
import type { BatchOf, Reader } from '../database';
import { type CertificateParties, recordCertificateStep } from './record';
import { type Drawn, type RoadCommand, standingByDraws } from './road';

// What customs entries draw on certificates: how much, and what follows from it.

/** How much of a certificate is drawn, in whole grams. */
export interface Volume {
  /** What it covers: as stated, else the sum of its lines. */
  mass: bigint;
  drawn: bigint;
}

/** How much of certificates is drawn now, whoever may see it: whoever draws on one is told what is left. */
export async function volumesOf({ tx }: { tx: Pick<Reader, 'query'> }, ids: readonly string[]): Promise<Map<string, Volume>> {
  const rows = await tx.query<{ id: string; mass: string; drawn: string }>(
    `select c.id, import_certificate_mass(c) as mass,
       coalesce((select sum(x.grams) from customs_entry_line x where x.import_certificate = c.id and x.retracted_by is null), 0) as drawn
     from import_certificate c where c.id = any($1)`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ id, mass, drawn }) => [id, { mass: BigInt(mass), drawn: BigInt(drawn) }]));
}

/** How much of a certificate is drawn, whoever may see it. */
export const volumeOf: BatchOf<string, Volume> = async (reader, ids) => {
  const volumes = await volumesOf({ tx: reader }, ids);
  return ids.map((id) => volumes.get(id)!);
};

/** Percentages of what a certificate covers that are told when draws reach them. */
export const TOLD_PERCENTAGES = [80n, 95n, 100n] as const;

export const reaches = ({ mass, drawn }: Volume, percent: bigint): boolean => drawn * 100n >= mass * percent;

/**
 * Says in the log which part of certificates is drawn now that was not before: of each percentage once, and again where it was left in
 * between.
 * @param before how much was drawn before the command
 */
export async function tellVolumes(work: Work, before: ReadonlyMap<string, Volume>): Promise<Map<string, Volume>> {
  const now = await volumesOf(work, [...before.keys()]);
  for (const [id, volume] of now)
    for (const percent of TOLD_PERCENTAGES)
      if (reaches(volume, percent) && !reaches(before.get(id)!, percent))
        work.emit({
          type: 'import-certificate.volume-reached',
          subject: id,
          payload: { percent: Number(percent), drawn: String(volume.drawn), of: String(volume.mass) },
        });
  return now;
}

/** That draws reached a percentage of what a certificate covers. */
export interface Reached {
  id: string;
  percent: number;
  at: Date;
  /** Was that reported, and not recorded here? */
  isReported: boolean;
  /** Day of filing of the last entry that draws on it; null where none does any more. */
  filedOn: Day | null;
}

/** When draws last reached which percentages of certificates. @param now when a command says so that is not committed yet */
export const reachedOf = (reader: Pick<Reader, 'query'>, ids: readonly string[], now: Date): Promise<Reached[]> =>
  reader.query<Reached>(
    `select distinct on (e.subject, e.payload->>'percent') e.subject as id, (e.payload->>'percent')::int as percent, coalesce(k.at, $2) as at,
       k.type is not distinct from 'import' as "isReported",
       (select max(n.filed_on) from customs_entry n join customs_entry_line x on x.entry = n.id
        where x.import_certificate = e.subject and x.retracted_by is null) as "filedOn"
     from event e left join command k on k.id = e.command where e.type = 'import-certificate.volume-reached' and e.subject = any($1)
     order by e.subject, e.payload->>'percent', k.position desc nulls first, e.ordinal desc`,
    [ids, now],
  );

/** A certificate on which a command draws more or less than before. */
interface Settled extends CertificateParties {
  status: ImportCertificateStatus;
  sequence: number;
  since: Day | null;
}

/** A history from outside that says so knows of entries that are not on record. */
async function reportedAs({ tx }: Work, ids: readonly string[]): Promise<Map<string, ImportCertificateStatus>> {
  const rows = await tx.query<{ id: string; status: ImportCertificateStatus }>(
    `select s.import_certificate as id, s.status from import_certificate_status s
     where s.import_certificate = any($1) and s.made_by is null and s.status in ('ENTERED', 'EXHAUSTED') and s.retracted_by is null`,
    [ids],
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

function drawnOf({ mass, drawn }: Volume, reported: ImportCertificateStatus | undefined): Drawn {
  if (reported === 'EXHAUSTED' || (drawn > 0n && drawn >= mass)) return 'ALL';
  return reported === 'ENTERED' || drawn > 0n ? 'SOME' : 'NOTHING';
}

/**
 * Takes certificates the steps that follow from what is drawn on them now, as the road has them, and tells what was reached.
 * @param before how much was drawn before the command
 * @param of on which day the draws changed, and on whose behalf, for each certificate
 */
export async function settleDraws(
  work: Work,
  command: RoadCommand,
  certificates: Iterable<Settled>,
  { before, on, madeBy, reason }: { before: ReadonlyMap<string, Volume>; on: Day; madeBy: string; reason: string | null },
): Promise<void> {
  const now = await tellVolumes(work, before);
  const reported = await reportedAs(work, [...before.keys()]);
  for (const certificate of certificates) {
    const { id, status: from, sequence, since } = certificate;
    const status = standingByDraws(command, from, drawnOf(now.get(id)!, reported.get(id)));
    if (status === from) continue;
    await recordCertificateStep(work, certificate, {
      id: uuidv7(),
      certificateId: id,
      sequence: sequence + 1,
      from,
      status,
      // Entries are recorded in any order; the history of a certificate is not.
      on: since === null ? on : latest(on, since),
      at: null,
      reason,
      madeById: madeBy,
    });
  }
}

/** Where a certificate may stand by what is drawn on it. */
const BY_DRAWS: ReadonlySet<ImportCertificateStatus> = new Set(['HANDED_OVER', 'ENTERED', 'EXHAUSTED']);

/**
 * Where certificates stand that were HELD and are not any more: where they stood before, and where that depends on it, by what is drawn on them now. None
 * of one whose history does not say where it stood.
 */
export async function standingsAfterHold(work: Work, ids: readonly string[]): Promise<Map<string, ImportCertificateStatus>> {
  const before = await work.tx.query<{ id: string; status: ImportCertificateStatus }>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.status from import_certificate_status s
     where s.import_certificate = any($1) and s.retracted_by is null and s.status <> 'HELD' order by s.import_certificate, s.sequence desc`,
    [ids],
  );
  const volumes = await volumesOf(work, ids);
  const reported = await reportedAs(work, ids);
  return new Map(
    before.map(({ id, status }) => {
      const drawn = drawnOf(volumes.get(id)!, reported.get(id));
      const depends = BY_DRAWS.has(status) || (status === 'ISSUED' && drawn !== 'NOTHING');
      return [id, depends ? standingByDraws('recordDisposition', 'HELD', drawn) : status];
    }),
  );
}
