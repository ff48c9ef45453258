import { ImportCertificate, ImportCertificateReview, type ImportCertificateStatus } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { historyOf } from '../certificates';
import type { Question } from '../questions';
import { keptSheetOf } from './loaders';
import { drawUp, readerOf } from './sheet';

/** Where a request stands that nobody has decided on. */
const OPEN: readonly ImportCertificateStatus[] = ['REQUESTED', 'INFORMATION_ASKED'];

@Resolver(() => ImportCertificate)
export class ImportCertificateReviewResolver {
  @FieldResolver(() => ImportCertificateReview, {
    nullable: true,
    description:
      'The work sheet of its review: as it is now while nothing is decided, then as it was at the last decision. The certifier has its own, and the exporter; null for others, and where nothing was reviewed here.',
  })
  async review(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<ImportCertificateReview | null> {
    const whose = readerOf(question.viewer, certificate);
    if (whose === null) return null;
    const history = await question.reader.loader(historyOf).load({ id: certificate.id, viewer: question.viewer });
    return OPEN.includes(history.at(-1)!.status)
      ? drawUp(question, certificate, whose, new Date())
      : question.reader.loader(keptSheetOf).load({ id: certificate.id, reader: whose });
  }
}
