import type { FindingSeverity, GapKind, ReviewCheck } from '@lotline/schema';
import type { Rule } from '../story';
import { ofLots } from './goods';
import { about, failed, passed, type ReviewRule, undetermined } from './request';

/** Papers may come late, and a missing leg or paper is asked for; whatever else a story breaks speaks against the goods. */
const ONLY_TOLD: ReadonlySet<GapKind> = new Set(['NO_TRANSPORT', 'NO_DOCUMENT']);

/**
 * That a certificate is missing is why one is asked for. That entries drew more on one than it covers is said of that certificate, and of what importers
 * did with it afterwards: nothing is drawn on one that is asked for, and what went into its goods is none the less organic.
 */
const NOT_OF_GOODS: ReadonlySet<GapKind> = new Set(['NO_IMPORT_CERTIFICATE', 'CERTIFICATE_OVERDRAWN']);

/** The rules about what lies behind the lots, each the same as on a trace, as far as they are about goods. */
export const behind = (rules: readonly Rule[]): ReviewRule[] =>
  rules
    .filter(({ gap }) => !NOT_OF_GOODS.has(gap))
    .map(({ gap, citation, says, since }) => {
      const severity: FindingSeverity = ONLY_TOLD.has(gap) ? 'WARNING' : 'BLOCKING';
      return {
        check: gap as ReviewCheck,
        citation,
        says,
        since,
        severity,
        find: (request) => {
          const { lots, behind: found, cut } = request;
          const against = found.filter(({ kind }) => kind === gap);
          if (against.length > 0)
            return failed(
              `${against.length === 1 ? 'One thing' : `${against.length} things`} behind the lots, or of them, ${against.length === 1 ? 'breaks' : 'break'} this rule.`,
              against.map(({ lot, message }) => (lot ? about('Lot', lot.id, `${lot.code}: ${message}`) : { says: message, about: null })),
            );
          if (lots.length === 0) return undetermined('The request names no lots: what lies behind the goods is not known.');
          return cut
            ? undetermined('Nothing was found, but there are more lots behind than one answer follows.')
            : ofLots(request, passed('Nothing behind the lots breaks it.'));
        },
      };
    });
