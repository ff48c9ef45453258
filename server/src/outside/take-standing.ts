import { type Day, OperationCertificateStatus, today } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { OUTSIDE } from '../access';
import type { Command, Work } from '../commands';
import { groupBy } from '../database';
import { type NewOperationCertificateStatus, recordOperationCertificates, restateStanding } from '../operations';
import type { OperationStep } from './ports';
import { certificateMeant, type Difference, differenceIn, newsIn } from './standing-news';

const given = z.object({
  operation: z.uuid(),
  history: z.array(
    z.object({
      status: z.enum(Object.keys(OperationCertificateStatus) as [OperationCertificateStatus]),
      effectiveFrom: z.string().transform((day) => day as Day),
      reason: z.string().nullable(),
    }),
  ),
});

type Step = Pick<
  NewOperationCertificateStatus,
  'id' | 'status' | 'effectiveFrom' | 'scope' | 'hectares' | 'expiresOn' | 'reason' | 'products' | 'attributes'
>;

interface Certificate {
  id: string;
  operationId: string;
  certifierId: string;
  /** Its history, oldest first. */
  steps: Step[];
}

/** The NOP certificates of an operation, locked: two changes of one come one after the other. */
async function lockCertificates({ tx }: Work, operation: string): Promise<Certificate[]> {
  const certificates = await tx.query<Omit<Certificate, 'steps'>>(
    `select c.id, c.operation as "operationId", c.certifier as "certifierId" from operation_certificate c
     where c.operation = $1 and c.standard = 'NOP' order by c.id for no key update of c`,
    [operation],
  );
  const steps = await tx.query<Step & { certificate: string }>(
    `select s.id, s.operation_certificate as certificate, s.status, s.effective_from as "effectiveFrom", s.scope, s.hectares::text as hectares, s.expires_on as "expiresOn",
       s.reason, s.attributes, (select coalesce(json_agg(json_build_object('productId', v.product, 'labelledAs', v.labelled_as) order by v.product), '[]')
         from verified_product v where v.status = s.id) as products
     from operation_certificate_status s where s.operation_certificate = any($1) and s.retracted_by is null order by s.effective_from`,
    [certificates.map(({ id }) => id)],
  );
  const byCertificate = groupBy(steps, ({ certificate }) => certificate);
  return certificates.map((certificate) => ({ ...certificate, steps: byCertificate.get(certificate.id) ?? [] }));
}

/**
 * Records what is new of a certificate. Rows of ours that are later and change nothing, since they give the Product Verification Form, say the new
 * standing from then on.
 */
async function recordNews(work: Work, { steps, ...certificate }: Certificate, news: readonly OperationStep[]): Promise<void> {
  const of = { certificateId: certificate.id, operationId: certificate.operationId, certifierId: certificate.certifierId };
  const later = steps.filter(({ effectiveFrom }) => effectiveFrom >= news[0]!.effectiveFrom);
  const before = steps[steps.length - later.length - 1]?.status ?? null;
  // What changes something on a day to come is left as it is: the certifying agent planned it.
  const next = later.findIndex(({ status }, index) => status !== (later[index - 1]?.status ?? before));
  const [following, planned] = next === -1 ? [later, []] : [later.slice(0, next), later.slice(next)];
  const standingBefore = (day: Day) =>
    [...news, ...planned]
      .filter(({ effectiveFrom }) => effectiveFrom < day)
      .sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1))
      .at(-1)?.status ?? before;
  const told = news.map((step): NewOperationCertificateStatus => {
    const { scope, hectares, expiresOn, products, attributes } = later.find((each) => each.effectiveFrom === step.effectiveFrom) ?? {};
    return {
      ...of,
      ...step,
      id: uuidv7(),
      from: standingBefore(step.effectiveFrom),
      scope: scope ?? null,
      hectares: hectares ?? null,
      expiresOn: expiresOn ?? null,
      products: products ?? [],
      attributes: attributes ?? null,
    };
  });
  const restated = following.flatMap((step): NewOperationCertificateStatus[] => {
    const { status, effectiveFrom, reason } = news.findLast((each) => each.effectiveFrom <= step.effectiveFrom)!;
    const isTold = effectiveFrom === step.effectiveFrom || status === step.status;
    return isTold ? [] : [{ ...of, ...step, id: uuidv7(), from: status, status, reason }];
  });
  const days = new Set([...told, ...restated].map(({ effectiveFrom }) => effectiveFrom));
  const replaced = later.filter(({ effectiveFrom }) => days.has(effectiveFrom)).map(({ id }) => id);
  await restateStanding(work, replaced, restated);
  await recordOperationCertificates(work, [], told);
}

const wordsOf = ({ ours, theirs }: Difference): string =>
  `tells ${theirs ?? 'nothing'} of ${ours.effectiveFrom}, for which ${ours.status} is on record here`;

interface Taken {
  /** Steps that were new. */
  steps: number;
  /** Is there something new, and several certificates that it may be about? */
  unclear: boolean;
  /** What is on record here for a day to come, and is not as it is told; null where all is. */
  differs: string | null;
}

/** The Organic Integrity Database told the history of an operation: what is new of it is recorded as it was told. */
export const takeOperationStanding: Command<z.infer<typeof given>, Taken> = {
  name: 'takeOperationStanding',
  input: given,
  reported: true,
  may: (viewer) =>
    viewer === OUTSIDE ? null : { code: 'FORBIDDEN', message: 'the Organic Integrity Database tells of it', remedy: 'change it yourself' },
  async run(work, rows) {
    const outcomes: Taken[] = [];
    for (const { operation, history } of rows) {
      const certificates = await lockCertificates(work, operation);
      const meant = certificateMeant(certificates);
      const now = today(work.now);
      const news = meant === null ? [] : newsIn(meant.steps, history, now);
      if (meant !== null && news.length > 0) await recordNews(work, meant, news);
      const unclear = meant === null && certificates.some(({ steps }) => newsIn(steps, history, now).length > 0);
      const differs = meant && differenceIn(meant.steps, history, now);
      outcomes.push({ steps: news.length, unclear, differs: differs && wordsOf(differs) });
    }
    return outcomes;
  },
};
