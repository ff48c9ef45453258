import type { GraphQLSchema } from 'graphql';
import type { Question } from '../questions';
import { ask } from './ask';
import { type CertificateSaid, certificateQuestion, headOf, numberOf } from './import-certificate';
import type { PageOf } from './page';
import { facts, table, text, together, words } from './words';

interface Answer {
  certificate:
    | (CertificateSaid & {
        review: {
          at: string;
          decision: string | null;
          reason: string | null;
          blocking: number;
          findings: {
            check: string;
            rule: string;
            since: string;
            severity: string;
            verdict: string;
            message: string;
            evidence: { says: string }[];
            evidenceCount: number;
          }[];
        } | null;
      })
    | null;
}

const questionAbout = certificateQuestion(`
  review { at decision reason blocking findings { check rule since severity verdict message evidence { says } evidenceCount } }`);

/**
 * The work sheet of the review of a certificate: the certifier's, or for the exporter its own.
 * Null where the viewer has none, or may not see the certificate.
 */
export async function printReview(graph: GraphQLSchema, question: Question, asked: string): Promise<PageOf | null> {
  const { document, variables } = questionAbout(asked);
  const { certificate } = await ask<Answer>(graph, question, document, variables);
  if (!certificate?.review) return null;
  const { at, decision, reason, blocking, findings } = certificate.review;
  const whose = question.viewer.operationId === null ? 'certifier' : 'exporter';
  return {
    title: `Review sheet of import certificate ${numberOf(certificate)}`,
    sections: [
      facts('The sheet', [
        ['Drawn up for', `the ${whose}, by what it may see`],
        // An open sheet is as of whenever it is looked at, which is no part of what it says.
        ['Drawn up at', decision === null ? 'whenever it is looked at, while nothing is decided' : at],
        ['Decision', decision === null ? 'none yet' : words(decision)],
        ['Reason', text(reason)],
        ['Blocking checks that failed', String(blocking)],
      ]),
      table('Findings', 'There are none.', findings, [
        ['Check', ({ check }) => words(check)],
        ['Verdict', ({ verdict }) => words(verdict)],
        ['Severity', ({ severity }) => words(severity)],
        ['What was found', ({ message }) => message],
        [
          'Evidence',
          ({ evidence, evidenceCount }) =>
            together([
              ...evidence.map(({ says }) => says),
              ...(evidenceCount > evidence.length ? [`only the first ${evidence.length} of ${evidenceCount} are printed`] : []),
            ]),
        ],
        ['Regulation', ({ rule, since }) => `${rule}, since ${since}`],
      ]),
      ...headOf(certificate),
    ],
  };
}
