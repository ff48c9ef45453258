import { Refusal } from '@lotline/schema';

/** Whoever it is, it is not who it says. */
export const unauthenticated = (message: string, cause?: unknown): Refusal =>
  new Refusal(
    { code: 'UNAUTHENTICATED', message, remedy: 'send the header Authorization: Bearer TOKEN with one valid token, or none' },
    { cause },
  );
