import { parseCertificateNumber, quote } from '@lotline/schema';
import { z } from 'zod';
import { ask, type OutsideSettings } from './http';
import type { OrganicIntegrityDatabase } from './ports';

const done = z.object({});

const issued = z.object({
  number: z.string('no number').transform((text, context) => {
    const number = parseCertificateNumber(text);
    if (number.ok) return number.value;
    context.addIssue(`${quote(text)} is no number of an import certificate`);
    return z.NEVER;
  }),
});

const history = z.object({
  history: z.array(
    z.object({
      status: z.string(),
      effectiveFrom: z.iso.date(),
      reason: z
        .string()
        .nullish()
        .transform((why) => why ?? null),
    }),
  ),
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
