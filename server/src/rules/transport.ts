import type { Day } from '@lotline/schema';
import { FIRST_DAY_OF_THE_PROGRAM, type Rule } from './story';

/**
 * Goods are in another country than they were born in, and no leg of any shipment of theirs ends there: transportation is missing from the
 * audit trail (7 CFR 205.2). One gap a country.
 */
export const noTransport: Rule = {
  gap: 'NO_TRANSPORT',
  citation: '7 CFR 205.2, 205.103(b)(2)',
  says: 'Goods that are in another country than they were born in came there by a shipment on record.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'EVERYBODY',
  find: ({ country, presences, carriages }) => {
    const reached = new Set(carriages.flatMap(({ legs }) => legs.map((leg) => leg.toCountry)));
    const missing = new Map<string, Day | null>();
    for (const presence of presences) {
      if (presence.country === country || reached.has(presence.country)) continue;
      const known = missing.get(presence.country);
      const earlier = known === undefined || (known !== null && (presence.on === null || presence.on < known));
      if (earlier) missing.set(presence.country, presence.on);
    }
    return [...missing].map(([where, on]) => ({
      on,
      message: `The lot was born in ${country} and is in ${where}, but no shipment on record brought it there.`,
    }));
  },
};

/** Contact with a prohibited substance (7 CFR 205.272), or ionizing radiation (7 CFR 205.105(f)), of the lot or of what it travelled in. */
export const prohibitedTreatment: Rule = {
  gap: 'PROHIBITED_TREATMENT',
  citation: '7 CFR 205.105, 205.272',
  says: 'Neither a lot nor what it travels in meets a prohibited substance or ionizing radiation.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'FACT',
  find: ({ treatments }) =>
    treatments
      .filter(({ kind, prohibited }) => prohibited || kind === 'IRRADIATION')
      .map(({ kind, on, substance, inShipment }) => ({
        on,
        message: `${inShipment ? 'The shipment that carried the lot' : 'The lot'} was treated on ${on}: ${kind.toLowerCase()}${substance ? ` with ${substance}` : ''}.`,
      })),
};
