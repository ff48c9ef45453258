import { SearchConnection } from '@lotline/schema';
import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { PageArguments, type Question } from '../questions';
import { search } from './search';

@Resolver()
export class SearchResolver {
  @Query(() => SearchConnection, {
    description:
      'What a person has in hand: a lot code, certificate, entry, shipment, container or document number, exact or how it begins; or a name.',
  })
  search(
    @Arg('text', () => String, { description: 'A code, number or name; 1 to 200 characters.' }) text: string,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<SearchConnection> {
    return search(question, text, page);
  }
}
