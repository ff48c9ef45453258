import type { IncomingMessage } from 'node:http';
import { FileRefused } from './refused';

/** How long an upload may send nothing, milliseconds. */
const SILENT_FOR_MS = 15_000;

/** The bytes of a request as they come; it stays open for an answer whatever becomes of them. */
export async function* bytesOf(raw: IncomingMessage): AsyncIterable<Buffer> {
  const cut = setTimeout(() => raw.destroy(), SILENT_FOR_MS);
  try {
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      cut.refresh();
      yield chunk;
    }
  } catch (cause) {
    // Nobody is there to read this; nor is it a fault of ours.
    throw new FileRefused(
      408,
      { code: 'BAD_USER_INPUT', message: 'the connection ended before the file', remedy: 'send the file again' },
      { retryable: true, cause },
    );
  } finally {
    clearTimeout(cut);
    // What is refused before its end is read to it, so that its sender hears the answer.
    raw.resume();
  }
}
