import { z } from 'zod';
import { ask, type OutsideSettings, reasonsIn } from './http';
import { type AutomatedCustomsEnvironment, Rejected } from './ports';

const verdict = z.looseObject({ verdict: z.enum(['ACCEPTED', 'REJECTED']) });

/** The Automated Commercial Environment behind HTTP, as docs/outside.md has it. */
export function automatedCustomsEnvironment(settings: OutsideSettings): AutomatedCustomsEnvironment {
  const put = async (path: string, body: object) => {
    const answer = await ask(settings, verdict, 'PUT', path, body);
    if (answer?.verdict === 'REJECTED') throw new Rejected(`rejected it: ${reasonsIn(answer)}`);
  };
  return {
    file: (key, filing) => put(`/filings/${key}`, filing),
    amend: (key, amendment, change) => put(`/filings/${key}/amendment/${amendment}`, change),
    cancel: (key, why) => put(`/filings/${key}/cancellation`, why),
  };
}
