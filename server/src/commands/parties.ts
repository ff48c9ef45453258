import type { Day } from '@lotline/schema';
import type { NounWithParties } from '../access';
import type { Columns } from '../database';
import { record, type Work } from './command';

/** Who is a party to a fact about a subject. */
export interface PartyRow {
  /** An operation, or a certifying agent. */
  operation: string;
  subject: string;
  /** What the subject is. */
  noun: NounWithParties;
  fact: string;
  on: Day | null;
}

const PARTY: Columns<PartyRow> = {
  operation: ['uuid', (row) => row.operation],
  subject: ['uuid', (row) => row.subject],
  noun: ['text', (row) => row.noun],
  fact: ['uuid', (row) => row.fact],
  on_day: ['date', (row) => row.on],
};

/** The parties of a command's facts, each written once. */
export class Parties {
  private readonly rows = new Map<string, PartyRow>();

  /** Everybody of a list is a party; whoever is not there is passed over. */
  add(operations: readonly (string | null)[], noun: NounWithParties, subject: string, fact: string, on: Day | null): void {
    for (const operation of operations)
      if (operation !== null) this.rows.set(operation + subject + fact, { operation, noun, subject, fact, on });
  }

  /** Whoever is a party already stays one as it is. */
  record(work: Work): Promise<void> {
    return record(work, 'party', PARTY, [...this.rows.values()], 'on conflict do nothing');
  }
}
