import { HolderShare, HolderShareConnection, Impact, OperationCertificate, type Page } from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { OF_LOTS, seesWhole } from '../access';
import { PageArguments, pageOfList, type Question, readPage } from '../questions';
import { MOST_LOTS } from './chain';
import { type FoundImpact, impactOf } from './impact';
import { holdersAnswer } from './pages';

@Resolver(() => OperationCertificate)
export class OperationCertificateImpactResolver {
  @FieldResolver(() => Impact, {
    description:
      'What hangs on it: what its operation produced, and where that is now, and what it holds; what would be hit, or is, where it is not in force.',
  })
  async impact(@Root() certificate: OperationCertificate, @Ctx() question: Question): Promise<Impact> {
    const found = await impactOf(question, certificate);
    return Object.assign(found, {
      lots: found.many,
      ...({
        kilograms: () => found.held(),
        shipments: () => found.shipmentsUnderWay(),
        importCertificates: () => found.openCertificates(),
      } as unknown as Pick<Impact, 'kilograms' | 'shipments' | 'importCertificates'>),
    });
  }
}

@Resolver(() => Impact)
export class ImpactResolver {
  @FieldResolver(() => HolderShareConnection, { description: 'Who holds how much of it.' })
  async holders(
    @Root() found: FoundImpact,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<HolderShare>> {
    const chain = found.chain ?? found.others;
    if (chain !== null) return holdersAnswer(question, chain, page, await found.holders());
    const list = `holders of what hangs on ${found.certificate.id}`;
    return pageOfList(question, list, readPage(question, list, page), []);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why there may be more than is told here, without saying whether there is; null where there is not.',
  })
  async withheld(@Root() { certificate, chain, isNarrow }: FoundImpact, @Ctx() question: Question): Promise<string | null> {
    const limit = (await chain?.limit()) ?? null;
    if (limit === 'LOTS') return `The walk ended after ${MOST_LOTS} lots, the most that one answer follows; there are more.`;
    if (isNarrow) return 'The scopes of the key do not reach to shipments and import certificates.';
    if (limit === null && (await seesWhole(question, certificate.operationId, OF_LOTS))) return null;
    return 'What others have of it, and what became of it there, you may not see.';
  }
}
