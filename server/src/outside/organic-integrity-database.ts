import { parseCertificateNumber, parseDay, quote } from '@lotline/schema';
import { z } from 'zod';
import { ask, type OutsideSettings, shown } from './http';
import type { OrganicIntegrityDatabase } from './ports';

const done = z.object({});

const issued = z.object({
  number: z.string().transform((text, context) => {
    const number = parseCertificateNumber(text);
    if (number.ok) return number.value;
    context.addIssue(`${quote(text)} is no number of an import certificate`);
    return z.NEVER;
  }),
});

const LONGEST_REASON = 1000;

const step = z.object({
  status: z.enum(['CERTIFIED', 'SUSPENDED', 'REVOKED', 'SURRENDERED']),
  effectiveFrom: z.string().transform((text, context) => {
    const day = parseDay(text);
    if (day.ok) return day.value;
    context.addIssue(`${quote(text)} is no day`);
    return z.NEVER;
  }),
  reason: z
    .string()
    .nullish()
    .transform((why) => shown(why ?? '', LONGEST_REASON) || null),
});

const isInOrder = (steps: readonly { effectiveFrom: string }[]): boolean =>
  steps.every(({ effectiveFrom }, index) => index === 0 || steps[index - 1]!.effectiveFrom <= effectiveFrom);

/** Most steps of a history that are read: the last ones. */
const MOST_STEPS = 100;

/** Of several steps of one day the last holds. */
const history = z.object({
  history: z
    .array(step)
    .refine(isInOrder, 'it is not in the order of its days')
    .transform((steps) => steps.filter(({ effectiveFrom }, index) => steps[index + 1]?.effectiveFrom !== effectiveFrom).slice(-MOST_STEPS)),
});

/** The Organic Integrity Database behind HTTP, as docs/outside.md has it. */
export function organicIntegrityDatabase(settings: OutsideSettings): OrganicIntegrityDatabase {
  return {
    issue: async (key, certificate) => (await ask(settings, issued, 'PUT', `/certificates/${key}`, certificate))!.number,
    revise: async (key, revision, change) => {
      await ask(settings, done, 'PUT', `/certificates/${key}/revision/${revision}`, change);
    },
    void: async (key, why) => {
      await ask(settings, done, 'PUT', `/certificates/${key}/void`, why);
    },
    operation: async (nopId) => (await ask(settings, history, 'GET', `/operations/${encodeURIComponent(nopId)}`))?.history ?? null,
  };
}
