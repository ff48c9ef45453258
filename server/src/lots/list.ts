import { CountryCodeScalar, DateScalar, type Day, type Lot, LotKind, type Page } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { factVisible, seesAll, type Viewer } from '../access';
import { knownFact, type Position } from '../database';
import { idsOf, type PageArguments, pageOfNouns, type Question } from '../questions';
import { lotById } from './lookup';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class LotFilter {
  @Field(() => [String], { nullable: true, description: 'Exact codes.' })
  codes?: string[];

  @Field(() => String, { nullable: true, description: 'How the code begins, in byte order.' })
  codePrefix?: string;

  @Field(() => [ID], { nullable: true, description: 'What it is.' })
  products?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who produced it.' })
  producers?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who holds some of it now.' })
  holders?: string[];

  @Field(() => [CountryCodeScalar], { nullable: true, description: 'Where it was born.' })
  countries?: string[];

  @Field(() => [LotKind], { nullable: true, description: 'How it came to be.' })
  kinds?: LotKind[];

  @Field(() => DateScalar, { nullable: true, description: 'Born on that day or later.' })
  producedFrom?: Day;

  @Field(() => DateScalar, { nullable: true, description: 'Born on that day or before.' })
  producedTo?: Day;
}

/** Does any of these owners hold some of the lot, by the facts in sight? At a later page, as it was known at the first. */
function held(owners: string, known: Position | null, viewer: Viewer): string {
  if (known === null && seesAll(viewer))
    return `exists (select from holding h where h.lot = l.id and h.owner = any(${owners}) and h.grams > 0)`;
  const counts = (fact: string) => `${knownFact(fact, known)} and ${factVisible(viewer, 'l.id', `${fact}.id`, known)}`;
  return `exists (select from holding h where h.lot = l.id and h.owner = any(${owners}) and
    case when l.producer = h.owner and ${factVisible(viewer, 'l.id', 'l.id', known)} then l.grams else 0 end
    + coalesce((select sum(case when t.receiver = h.owner then t.grams else -t.grams end) from transfer t where t.lot = l.id and (t.receiver = h.owner or t.sender = h.owner) and ${counts('t')}), 0)
    - coalesce((select sum(i.grams) from lot_input i where i.input = l.id and i.holder = h.owner and ${counts('i')}), 0)
    - coalesce((select sum(a.grams) from lot_adjustment a where a.lot = l.id and a.holder = h.owner and ${counts('a')}), 0) > 0)`;
}

/** Lots in id order, oldest first. */
export function listLots(
  question: Question,
  list: string,
  filter: LotFilter | null,
  page: PageArguments,
  producer: string | null = null,
): Promise<Page<Lot>> {
  return pageOfNouns(question, {
    list,
    noun: 'lot',
    page,
    byId: lotById,
    ...(producer !== null && { owner: { id: producer, has: (owner) => `l.producer = ${owner}` } }),
    conditions: (where, known) => {
      where.anyOf('l.code', filter?.codes, 'text');
      if (filter?.codePrefix != null) {
        const prefix = where.parameter(filter.codePrefix);
        where.add(`l.code ^@ ${prefix} and l.code >= ${prefix}`);
      }
      where.anyOf('l.product', idsOf(filter?.products, 'Product', 'filter.products'), 'uuid');
      where.anyOf('l.producer', idsOf(filter?.producers, 'Operation', 'filter.producers'), 'uuid');
      where.anyOf('l.country', filter?.countries, 'text');
      where.anyOf('l.kind', filter?.kinds, 'text');
      if (filter?.producedFrom != null) where.add(`l.produced_on >= ${where.parameter(filter.producedFrom)}`);
      if (filter?.producedTo != null) where.add(`l.produced_on <= ${where.parameter(filter.producedTo)}`);
      const holders = idsOf(filter?.holders, 'Operation', 'filter.holders');
      if (holders) where.add(held(`${where.parameter(holders)}::uuid[]`, known, question.viewer));
    },
  });
}
