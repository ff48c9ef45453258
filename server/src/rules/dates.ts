import { issuedTooLate } from './certificates';
import { type Breach, FIRST_DAY_OF_THE_PROGRAM, type Rule } from './story';

/** Facts in an order that cannot have been: an input born after what was made of it, a lot given away before its birth, an arrival before its departure, an import certificate issued after the goods had left. */
export const outOfOrderDates: Rule = {
  gap: 'OUT_OF_ORDER_DATES',
  citation: '7 CFR 205.103(b)(2)',
  says: 'Nothing happens before its cause: no lot is older than its inputs or given away before its birth, no shipment arrives before it departs, no import certificate is issued after the goods left the port of lading.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'FACT',
  find: (story) => {
    const { producedOn, inputs, gifts, carriages, nameOf } = story;
    const breaches: Breach[] = issuedTooLate(story);
    for (const { legs } of carriages) {
      for (const { departedOn, departedAt, arrivedOn, arrivedAt } of legs) {
        if (departedOn === null || arrivedOn === null) continue;
        const backwards = departedAt && arrivedAt ? arrivedAt < departedAt : arrivedOn < departedOn;
        if (backwards)
          breaches.push({ on: arrivedOn, message: `A shipment of the lot departed on ${departedOn}, and arrived on ${arrivedOn}.` });
      }
    }
    if (producedOn === null) return breaches;
    const late = inputs.reduce((last, { lastBornOn }) => (lastBornOn !== null && lastBornOn > last ? lastBornOn : last), producedOn);
    if (late > producedOn) breaches.push({ on: producedOn, message: `The lot was born on ${producedOn}, an input of it on ${late}.` });
    for (const { kind, holder, on } of gifts) {
      if (kind === 'TRANSFER' && on !== null && on < producedOn)
        breaches.push({ on, holder, message: `${nameOf(holder)} transferred the lot on ${on}, before its birth on ${producedOn}.` });
    }
    return breaches;
  },
};
