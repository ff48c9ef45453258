import { grams, type HolderShare, HolderShareConnection, Impact, OperationCertificate, type Page, ZERO } from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { OF_LOTS, seesWhole, subjectVisible } from '../access';
import { openCertificatesOf } from '../certificates';
import { PageArguments, pageOfList, type Question, readPage } from '../questions';
import { Chain, MOST_LOTS } from './chain';
import { holdersPage } from './pages';

/** What hangs on a certificate, over what its viewer sees. */
class FoundImpact extends Impact {
  constructor(
    readonly certificate: OperationCertificate,
    /** Forward from the lots that its operation produced; null where the viewer sees none of these. */
    readonly chain: Chain | null,
  ) {
    super();
  }
}

@Resolver(() => OperationCertificate)
export class OperationCertificateImpactResolver {
  @FieldResolver(() => Impact, {
    description:
      'What hangs on it: what its operation produced, and where that is now; what would be hit, or is, where it is not in force.',
  })
  async impact(@Root() certificate: OperationCertificate, @Ctx() question: Question): Promise<Impact> {
    const { operationId } = certificate;
    const roots = await question.reader.query<{ id: string }>(
      `select l.id from lot l join product p on p.id = l.product and p.organic where l.producer = $1 and ${subjectVisible(question.viewer, 'l.id')}
       order by l.id limit ${MOST_LOTS}`,
      [operationId],
    );
    const ids = roots.map(({ id }) => id);
    const chain = ids.length === 0 ? null : await Chain.walk(question, ids, { direction: 'FORWARD', maxDepth: null, asOf: null });
    const lots = [...ids, ...(chain?.reached ?? []).map(({ id }) => id)];
    const found = new FoundImpact(certificate, chain);
    return Object.assign(found, {
      lots: lots.length,
      ...({
        kilograms: async () =>
          grams(chain === null ? ZERO : [...(await chain.whereTo()).held.values()].reduce((sum, mass) => sum + mass, 0n)),
        shipments: () => (chain === null ? 0 : chain.shipmentsUnderWay()),
        importCertificates: () => openCertificatesOf(question, operationId, lots),
      } as unknown as Pick<Impact, 'kilograms' | 'shipments' | 'importCertificates'>),
    });
  }
}

@Resolver(() => Impact)
export class ImpactResolver {
  @FieldResolver(() => HolderShareConnection, { description: 'Who holds how much of it.' })
  holders(
    @Root() { certificate, chain }: FoundImpact,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<HolderShare>> {
    if (chain !== null) return holdersPage(question, chain, page);
    const list = `holders of what hangs on ${certificate.id}`;
    return pageOfList(question, list, readPage(question, list, page), []);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why there may be more than is told here, without saying whether there is; null where there is not.',
  })
  async withheld(@Root() { certificate, chain }: FoundImpact, @Ctx() question: Question): Promise<string | null> {
    const limit = (await chain?.limit()) ?? null;
    if (limit === 'LOTS') return `The walk ended after ${MOST_LOTS} lots, the most that one answer follows; there are more.`;
    if (limit === null && (await seesWhole(question, certificate.operationId, OF_LOTS))) return null;
    return 'What others have of it, and what became of it there, you may not see.';
  }
}
