/** Tells somebody who waits what goes on. */
export interface Progress {
  /** A phase, and how far it is: rows so far, and of how many where that is known. */
  step(what: string, done?: number, of?: number): void;
  note(line: string): void;
}
