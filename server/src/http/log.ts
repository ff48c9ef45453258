/** How deep errors tell what caused them. */
const DEEPEST = 5;

interface Told {
  type: string;
  message: string;
  stack?: string;
  code?: unknown;
  cause?: Told;
  errors?: Told[];
}

/** An error as the log tells it. What libraries hang on theirs is left out: requests with their headers, statements with their values. */
export function tellError(error: unknown, depth = 0): Told {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  const told: Told = { type: error.constructor?.name ?? name, message };
  if (stack !== undefined) told.stack = stack;
  if (typeof code === 'string' || typeof code === 'number') told.code = code;
  if (depth === DEEPEST) return told;
  if (cause !== undefined) told.cause = tellError(cause, depth + 1);
  if (error instanceof AggregateError) told.errors = error.errors.slice(0, DEEPEST).map((each) => tellError(each, depth + 1));
  return told;
}
