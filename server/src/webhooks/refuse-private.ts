import type { LogEvent } from '@lotline/schema';
import type { Follow } from '../commands';
import { whyPrivate } from './url';

/** No webhook is created for an address of the house, where an operator has not allowed it. */
export const refusePrivate =
  (privateAddresses: boolean): Follow =>
  async (work, events) => {
    if (privateAddresses) return;
    for (const event of events as LogEvent[]) {
      if (event.type !== 'webhook.created') continue;
      const why = whyPrivate(event.payload.url);
      if (why !== null)
        work.refuse(0, {
          code: 'REFUSED',
          message: why,
          path: ['url'],
          remedy: 'give an https URL whose host anybody on the internet can reach',
        });
    }
  };
