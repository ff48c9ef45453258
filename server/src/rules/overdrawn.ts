import { type Day, toKilograms } from '@lotline/schema';
import { type Breach, FIRST_DAY_OF_THE_PROGRAM, type Flow, type LotStory, type Rule } from './story';

/**
 * A holder received some of the lot and gave more, by the end of some day. One gap a holder, on its first such day. A producer has its
 * birth on every day; receipts of a day precede that day's gifts; gifts without a day compare with all receipts.
 */
export const overdrawn: Rule = {
  gap: 'OVERDRAWN',
  citation: '7 CFR 205.403(d)(4)',
  says: 'Nobody uses, loses or transfers more of a lot than it has received by that day.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'HOLDER',
  find: (story) => {
    const receipts = byHolder(story.receipts);
    return [...byHolder(story.gifts)].flatMap(([holder, gifts]) => firstOverdraft(holder, gifts, receipts.get(holder) ?? [], story) ?? []);
  },
};

function firstOverdraft(holder: string, gifts: readonly Flow[], receipts: readonly Flow[], story: LotStory): Breach | null {
  const breach = (on: Day | null, gave: bigint, had: bigint): Breach | null =>
    had > 0n && gave > had
      ? { on, holder, message: `${story.nameOf(holder)} gave ${toKilograms(gave)} kg of the lot, but had received ${toKilograms(had)} kg.` }
      : null;

  const undated = (flows: readonly Flow[]) => flows.filter((flow) => flow.on === null).reduce((sum, flow) => sum + flow.grams, 0n);
  let had = (holder === story.producer ? story.grams : 0n) + undated(receipts);
  let gave = 0n;
  const given = byDay(gifts);
  const received = byDay(receipts);
  for (const day of [...new Set([...given.keys(), ...received.keys()])].sort()) {
    had += received.get(day) ?? 0n;
    gave += given.get(day) ?? 0n;
    const found = given.has(day) ? breach(day, gave, had) : null;
    if (found) return found;
  }
  return undated(gifts) > 0n ? breach(null, gave + undated(gifts), had) : null;
}

function byDay(flows: readonly Flow[]): Map<Day, bigint> {
  const days = new Map<Day, bigint>();
  for (const { on, grams } of flows) if (on !== null) days.set(on, (days.get(on) ?? 0n) + grams);
  return days;
}

function byHolder(flows: readonly Flow[]): Map<string, Flow[]> {
  const groups = new Map<string, Flow[]>();
  for (const flow of flows) {
    const group = groups.get(flow.holder);
    if (group) group.push(flow);
    else groups.set(flow.holder, [flow]);
  }
  return groups;
}
