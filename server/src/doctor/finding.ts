/** What the doctor found about one thing, and what helps. */
export interface Finding {
  about: string;
  state: 'ok' | 'warn' | 'fail';
  says: string;
  remedy: string | null;
}

export const ok = (about: string, says: string): Finding => ({ about, state: 'ok', says, remedy: null });
export const warn = (about: string, says: string, remedy: string): Finding => ({ about, state: 'warn', says, remedy });
export const fail = (about: string, says: string, remedy: string): Finding => ({ about, state: 'fail', says, remedy });

/** What could be looked at, and what went wrong where it could not. */
export const wordsOf = (error: unknown): string => {
  const { message, code, cause } = error as { message?: string; code?: string; cause?: { code?: string } };
  return message || code || cause?.code || 'unknown';
};

/** Looks, and says that it could not where looking fails: one thing that cannot be looked at keeps none of the others from it. */
export async function look(about: string, remedy: string, work: () => Promise<Finding | Finding[]>): Promise<Finding[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    return [fail(about, `it could not be looked at: ${wordsOf(error)}`, remedy)];
  }
}
