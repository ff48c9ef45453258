import { type Reason, Refusal } from '@lotline/schema';

/** A file that is not taken, or not given, with the HTTP status that says so. */
export class FileRefused extends Refusal {
  constructor(
    readonly status: number,
    reason: Reason | readonly Reason[],
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(reason, options);
  }
}

/** @param mostBytes the limit */
export const tooLarge = (mostBytes: number): FileRefused =>
  new FileRefused(413, {
    code: 'BAD_USER_INPUT',
    message: `the file has more than ${mostBytes} bytes`,
    remedy: 'send a smaller one, e.g. scanned in a lower resolution, or several documents',
  });

const noRoom = (cause: unknown): FileRefused =>
  new FileRefused(
    507,
    {
      code: 'UNAVAILABLE',
      message: 'there is no room for the file',
      remedy: 'try again later; whoever runs this server must make room',
    },
    { retryable: true, cause },
  );
const outOfReach = (cause: unknown): FileRefused =>
  new FileRefused(
    503,
    { code: 'UNAVAILABLE', message: 'the files cannot be reached', remedy: 'try again in a moment' },
    { retryable: true, cause },
  );

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** What an error of the store means to a caller; what comes from elsewhere stays what it is. */
export function explainStore(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === 'read' || error instanceof Refusal || /^(?:ECONN|EPIPE|ERR_)/.test(code)) return error;
  return FULL.has(code) ? noRoom(error) : outOfReach(error);
}

/** What stores that speak as Amazon S3 say where there is no room. */
const BUCKET_FULL = /QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity/;

/** The same of an error of a bucket. */
export function explainBucket(error: unknown): FileRefused {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode === 507 || BUCKET_FULL.test(name ?? '') ? noRoom(error) : outOfReach(error);
}
