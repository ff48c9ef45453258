import type { LogEvent } from '@lotline/schema';
import type { Follow } from '../commands';
import { isTrusted, type TrustedDocuments } from '../limits';

/** Where documents of a manifest alone are answered, no webhook is created with another: its document would be answered again and again. */
export const refuseUntrusted =
  (trusted: TrustedDocuments | null): Follow =>
  async (work, events) => {
    if (trusted === null) return;
    for (const event of events as LogEvent[]) {
      if (event.type !== 'webhook.created') continue;
      const [webhook] = await work.tx.query<{ query: string }>('select query from webhook where id = $1', [event.subject]);
      if (!isTrusted(webhook!.query, trusted))
        work.refuse(0, {
          code: 'FORBIDDEN',
          message: 'this server answers documents of its manifest only',
          path: ['query'],
          remedy: 'create it with one of them, as it is',
        });
    }
  };
