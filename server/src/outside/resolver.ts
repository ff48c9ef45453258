import { CustomsEntry, ImportCertificate, OutsideEffect } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { additionVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped } from '../database';
import type { Question } from '../questions';

/**
 * What systems outside are asked to do about nouns that a viewer sees, in its order. Who certified a party for a time sees what was settled by
 * the end of it: what still waits is not of its time, whatever becomes of it.
 */
const effectsOf: BatchOf<{ id: string; viewer: Viewer }, OutsideEffect[]> = async (reader, keys) => {
  const found = new Map<string, OutsideEffect[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<OutsideEffect>(
      `select e.id, e.system, e.what, e.subject, e.state, e.since, e.attempts, e.last_tried_at as "lastTriedAt", e.message from outside_effect e
       where e.subject = any($1) and ${additionVisible(viewer, 'e.subject', 'coalesce(e.settled_at::date, current_date)')} order by e.system, e.sequence`,
      [ids],
    );
    const effects = rows.map((row) => Object.assign(new OutsideEffect(), row));
    grouped(ids, effects, ({ subject }) => subject).forEach((all, index) => {
      found.set(viewer.name + ids[index], all);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

const effects = ({ reader, viewer }: Question, id: string): Promise<OutsideEffect[]> => reader.loader(effectsOf).load({ id, viewer });

@Resolver(() => ImportCertificate)
export class ImportCertificateEffectsResolver {
  @FieldResolver(() => [OutsideEffect], {
    description: 'What the Organic Integrity Database is asked to do about it, in its order, and how far that is.',
  })
  effects(@Root() { id }: ImportCertificate, @Ctx() question: Question): Promise<OutsideEffect[]> {
    return effects(question, id);
  }
}

@Resolver(() => CustomsEntry)
export class CustomsEntryEffectsResolver {
  @FieldResolver(() => [OutsideEffect], { description: 'What customs is asked to do about it, in its order, and how far that is.' })
  effects(@Root() { id }: CustomsEntry, @Ctx() question: Question): Promise<OutsideEffect[]> {
    return effects(question, id);
  }
}
