import { EmergencyActionNotification, ImportCertificate, Lot, Notice, Shipment } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { additionVisible, factVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped } from '../database';
import type { Question } from '../questions';

/**
 * Notices about nouns that a viewer sees, oldest first: those that are told to itself, or whoever it sees facts of, and those of whatever it
 * sees. Who certified a party for a time sees none that was told later.
 */
const noticesOf: BatchOf<{ id: string; viewer: Viewer }, Notice[]> = async (reader, keys) => {
  const found = new Map<string, Notice[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<Notice>(
      `select n.id, n.kind, n.noun, n.subject, n.cause, n.due, n.at, n.message, n.rule, n.recorded_by as "recordedBy", n.retracted_by as "retractedBy"
       from notice n where n.subject = any($1) and n.retracted_by is null
         and case when n.to_parties then ${factVisible(viewer, 'n.subject', 'n.id')} else ${additionVisible(viewer, 'n.subject', 'n.at::date')} end
       order by n.at, n.id`,
      [ids],
    );
    const notices = rows.map((row) => Object.assign(new Notice(), row));
    grouped(ids, notices, ({ subject }) => subject).forEach((all, index) => {
      found.set(viewer.name + ids[index], all);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

const noticed = ({ reader, viewer }: Question, id: string): Promise<Notice[]> => reader.loader(noticesOf).load({ id, viewer });
const GIVEN = 'What fell due about it, and was told to whoever has it; oldest first.';
const GIVEN_OF_ACTION =
  'What fell due about it, and was told to whoever recorded it, or, of one from outside, to whoever has it; oldest first.';

@Resolver(() => ImportCertificate)
export class ImportCertificateNoticesResolver {
  @FieldResolver(() => [Notice], { description: GIVEN })
  notices(@Root() { id }: ImportCertificate, @Ctx() question: Question): Promise<Notice[]> {
    return noticed(question, id);
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionNoticesResolver {
  @FieldResolver(() => [Notice], { description: GIVEN_OF_ACTION })
  notices(@Root() { id }: EmergencyActionNotification, @Ctx() question: Question): Promise<Notice[]> {
    return noticed(question, id);
  }
}

@Resolver(() => Lot)
export class LotNoticesResolver {
  @FieldResolver(() => [Notice], { description: 'What hit it, as it was told to whoever has some of it; oldest first.' })
  notices(@Root() { id }: Lot, @Ctx() question: Question): Promise<Notice[]> {
    return noticed(question, id);
  }
}

@Resolver(() => Shipment)
export class ShipmentNoticesResolver {
  @FieldResolver(() => [Notice], { description: 'What hit it, as it was told to shipper and consignee; oldest first.' })
  notices(@Root() { id }: Shipment, @Ctx() question: Question): Promise<Notice[]> {
    return noticed(question, id);
  }
}
