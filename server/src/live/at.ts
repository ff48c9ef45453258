/** Longest that a timer can run, milliseconds: Node lets a longer one ring at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Does something at an instant, however far off, in milliseconds of the epoch; never where it is null. @returns what calls it off */
export function at(instant: number | null, what: () => void): () => void {
  if (instant === null) return () => {};
  let timer: NodeJS.Timeout;
  // A timer may ring a moment before the clock says so.
  const ring = () => (instant > Date.now() ? wait() : what());
  const wait = () => {
    timer = setTimeout(ring, Math.min(instant - Date.now(), LONGEST_MS)).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
