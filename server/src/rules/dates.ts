import { type Breach, FIRST_DAY_OF_THE_PROGRAM, type Rule } from './story';

/** Facts in an order that cannot have been: an input born after what was made of it, a lot given away before its birth, an arrival before its departure. */
export const outOfOrderDates: Rule = {
  gap: 'OUT_OF_ORDER_DATES',
  citation: '7 CFR 205.103(b)(2)',
  since: FIRST_DAY_OF_THE_PROGRAM,
  find: ({ producedOn, inputs, gifts, carriages, nameOf }) => {
    const breaches: Breach[] = [];
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
