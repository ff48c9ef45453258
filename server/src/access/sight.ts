import { type Day, dayAfter, type OperationCertificateStatus, type Standard, today } from '@lotline/schema';
import type { BatchOf, Reader } from '../database';
import { seesAll, type Viewer } from './viewer';

/** An operation whose facts a viewer sees: those of some days, undated ones included; of all days where both ends are open. */
export interface SeenOperation {
  id: string;
  /** First day. */
  from: Day | null;
  /** First day no more. */
  until: Day | null;
}

/** Whose facts a viewer sees: everybody's, or those of a list of operations. */
export type Sight = 'ALL' | readonly SeenOperation[];

const always = (id: string): SeenOperation => ({ id, from: null, until: null });

/** Does the viewer see every fact of this operation? */
export const seesWhole = (sight: Sight, operation: string): boolean =>
  sight === 'ALL' || sight.some(({ id, from, until }) => id === operation && from === null && until === null);

/** What a viewer sees: an operation its own facts, a certifier those of whom it certifies. */
export async function sightOf({ viewer, reader }: { viewer: Viewer; reader: Reader }): Promise<Sight> {
  return viewer.certifierId === null ? ownSight(viewer) : reader.loader(operationsCertified).load(viewer.certifierId);
}

/** What a viewer sees by itself: all that matters where it acts. */
export const ownSight = (viewer: Viewer): Sight =>
  seesAll(viewer) ? 'ALL' : viewer.operationId === null ? [] : [always(viewer.operationId)];

interface StepRow {
  certifier: string;
  operation: string;
  certificate: string;
  standard: Standard;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  expiresOn: Day | null;
}

/** The operations of certifiers: with the days on which each was under its oversight, or all days where it is today. */
const operationsCertified: BatchOf<string, SeenOperation[]> = async (reader, certifiers) => {
  const rows = await reader.query<StepRow>(
    `select c.certifier, c.operation, c.id as certificate, c.standard, s.status, s.effective_from as "effectiveFrom", s.expires_on as "expiresOn"
     from operation_certificate c join operation_certificate_status s on s.operation_certificate = c.id and s.retracted_by is null
     where c.certifier = any($1) order by c.operation, c.id, s.effective_from`,
    [certifiers],
  );
  return certifiers.map((certifier) => overseen(rows.filter((row) => row.certifier === certifier)));
};

/** A certifier oversees an operation while its certificate stands or is suspended: until it is revoked, surrendered or has expired. */
function overseen(rows: readonly StepRow[]): SeenOperation[] {
  const day = today();
  const periods: SeenOperation[] = [];
  const now = new Set<string>();
  rows.forEach(({ operation, certificate, standard, status, effectiveFrom, expiresOn }, index) => {
    if (status !== 'CERTIFIED' && status !== 'SUSPENDED') return;
    const next = rows[index + 1];
    const ends = [
      ...(next?.certificate === certificate ? [next.effectiveFrom] : []),
      ...(standard !== 'NOP' && expiresOn !== null ? [dayAfter(expiresOn)] : []),
    ].sort();
    const until = ends[0] ?? null;
    if (effectiveFrom <= day && (until === null || day < until)) now.add(operation);
    if (until === null || effectiveFrom < until) periods.push({ id: operation, from: effectiveFrom, until });
  });
  return [...[...now].map(always), ...periods.filter(({ id }) => !now.has(id))];
}
