import { Certifier, CertifierLeadTime, today } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type BatchOf, grouped } from '../database';
import type { Question } from '../questions';

/** Lead times of certifiers, oldest first. */
const leadTimesOf: BatchOf<string, CertifierLeadTime[]> = async (reader, certifiers) => {
  const rows = await reader.query<CertifierLeadTime>(
    `select l.id, l.certifier as "certifierId", l.from_day as "fromDay", l.business_days as "businessDays", l.recorded_by as "recordedBy",
       l.retracted_by as "retractedBy" from certifier_lead_time l where l.certifier = any($1) and l.retracted_by is null order by l.from_day`,
    [certifiers],
  );
  return grouped(
    certifiers,
    rows.map((row) => Object.assign(new CertifierLeadTime(), row)),
    (row) => row.certifierId,
  );
};

@Resolver(() => Certifier)
export class CertifierLeadTimeResolver {
  @FieldResolver(() => CertifierLeadTime, {
    nullable: true,
    description: 'How long it takes to decide on a request for an import certificate, in force today; null where it has set none.',
  })
  async leadTime(@Root() { id }: Certifier, @Ctx() { reader }: Question): Promise<CertifierLeadTime | null> {
    return (await reader.loader(leadTimesOf).load(id)).findLast(({ fromDay }) => fromDay <= today()) ?? null;
  }

  @FieldResolver(() => [CertifierLeadTime], { description: 'All that it has set, oldest first; also for days to come.' })
  leadTimes(@Root() { id }: Certifier, @Ctx() { reader }: Question): Promise<CertifierLeadTime[]> {
    return reader.loader(leadTimesOf).load(id);
  }
}
