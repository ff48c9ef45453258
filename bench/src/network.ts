import { growCorridor } from './corridor';
import type { Row } from './facts';
import { Random } from './random';
import { Records } from './records';
import { CORRIDORS } from './trade';

/** A supply network as the rows of a folder that `lotline import` reads: file name to rows. */
export interface Network {
  seed: number;
  lots: number;
  inputs: number;
  files: ReadonlyMap<string, readonly Row[]>;
}

/** Lots of one corridor: a country's crop from its farms to its importers' customers. */
const LOTS_PER_CORRIDOR = 6250;

/**
 * A network of so many lots, and about twice as many inputs: farms, collectors, processors, exporters, importers and retailers, in
 * corridors of their own. Dates are in order, masses conserved; every input reaches its user by a transfer with its invoice, and what
 * crosses the sea has its shipment, import certificate and entry. The same for the same seed.
 */
export function growNetwork(lots: number, seed: number): Network {
  const random = new Random(seed);
  const records = new Records();
  const corridors = Math.max(1, Math.round(lots / LOTS_PER_CORRIDOR));
  for (let number = 0; number < corridors; number++) {
    const share = Math.floor(((number + 1) * lots) / corridors) - Math.floor((number * lots) / corridors);
    growCorridor(records, random, CORRIDORS[number % CORRIDORS.length]!, share);
  }
  return { seed, lots: records.lots.length, inputs: records.inputs.length, files: records.files() };
}
