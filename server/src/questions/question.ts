import type { Viewer } from '../access';
import type { Runner } from '../commands';
import type { Reader } from '../database';
import type { Notes } from '../journal';
import type { Ticket } from '../limits';
import type { Cursors } from '../log';

/** What a resolver has at hand: who asks, and one consistent view of the database for the whole answer. */
export type Question = {
  viewer: Viewer;
  reader: Reader;
  cursors: Cursors;
  runner: Runner;
  /** Key of the refs that name lots within one trace. */
  refKey: Buffer;
  /** What it shows and refuses, for the access journal. */
  notes: Notes;
  requestId: string;
  /** What it may cost; none where the server asks for itself. */
  ticket?: Ticket;
};
