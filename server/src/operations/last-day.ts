import type { Day, Standard } from '@lotline/schema';
import type { Work } from '../commands';

/** A last day in force is given of other standards than NOP, and is not before the first. */
export function judgeLastDay(
  work: Work,
  index: number,
  { standard, effectiveFrom, expiresOn }: { standard: Standard; effectiveFrom: Day; expiresOn: Day },
): void {
  if (standard === 'NOP')
    work.refuse(index, {
      code: 'REFUSED',
      message: 'a NOP certificate does not expire by date',
      path: ['expiresOn'],
      rule: '7 CFR 205.404(c)',
      remedy: 'leave the last day out',
    });
  else if (expiresOn < effectiveFrom)
    work.refuse(index, {
      code: 'REFUSED',
      message: `the last day ${expiresOn} is before the first, ${effectiveFrom}`,
      path: ['expiresOn'],
      remedy: 'give the days in order',
    });
}
