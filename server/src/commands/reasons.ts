import { type Day, type Reason, today } from '@lotline/schema';

// Reasons that many commands give, in one wording.

/** What a caller cannot see is as what is not there. @param what as a person says it, e.g. "import certificate" */
export const noSuch = (what: string, ...path: (string | number)[]): Reason => ({
  code: 'NOT_FOUND',
  message: `there is no such ${what}`,
  path,
  remedy: `send the id of ${/^[aeiou]/.test(what) ? 'an' : 'a'} ${what}, as an answer gave it`,
});

const DAY_MS = 86_400_000;

/** Why a fact cannot have happened on that day; null if it can. It may be tomorrow already where it happened. */
export const notYet = (day: Day | null, now: Date, ...path: (string | number)[]): Reason | null =>
  day === null || day <= today(new Date(now.getTime() + DAY_MS))
    ? null
    : {
        code: 'REFUSED',
        message: `the day ${day} has not come yet`,
        path,
        rule: '7 CFR 205.103',
        remedy: 'record what happened when it has happened',
      };
