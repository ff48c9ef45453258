import {
  DateScalar,
  type Day,
  ImportCertificate,
  ImportCertificateDeadlines,
  ImportCertificateTransport,
  parseDay,
  Refusal,
} from '@lotline/schema';
import { Arg, Ctx, Field, FieldResolver, ID, InputType, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { mayAsk } from '../access';
import { idOf, noSuch, optional, read, readInput } from '../commands';
import type { Question } from '../questions';
import { asking, deadlinesBy, leadTimesOn, transportAnswer, transportOf } from './deadlines';
import { historyOf } from './loaders';
import { ImportCertificateTransportInput, transport } from './transport';

@InputType({ description: 'A request that is thought of. Nothing is stored.' })
export class ImportCertificateDeadlinesInput {
  @Field(() => ID, { description: 'Certifying agent that would be asked.' })
  certifier: string;

  @Field(() => ImportCertificateTransportInput, { nullable: true, description: 'How the goods are to travel.' })
  transport?: ImportCertificateTransportInput;

  @Field(() => DateScalar, { nullable: true, description: 'Day by which it is needed.' })
  neededBy?: Day;

  @Field(() => DateScalar, { nullable: true, description: 'First day of the period, where it is for one.' })
  validFrom?: Day;
}

const thoughtOf = z.object({
  certifier: idOf('Certifier'),
  transport: optional(transport),
  neededBy: optional(read(parseDay)),
  validFrom: optional(read(parseDay)),
});

@Resolver(() => ImportCertificate)
export class ImportCertificateDeadlinesResolver {
  @Query(() => ImportCertificateDeadlines, {
    description: 'Is a request that were sent now early enough? For whoever has a token; nothing is stored.',
  })
  async importCertificateDeadlines(
    @Arg('input', () => ImportCertificateDeadlinesInput, { description: 'The request.' }) input: ImportCertificateDeadlinesInput,
    @Ctx() { reader, viewer }: Question,
  ): Promise<ImportCertificateDeadlines> {
    const forbidden = mayAsk(viewer);
    if (forbidden) throw new Refusal(forbidden);
    const { certifier, ...request } = readInput(thoughtOf, input);
    const known = await reader.query('select from certifier where id = $1', [certifier]);
    if (known.length === 0) throw new Refusal(noSuch('certifier', 'input', 'certifier'));
    const deadlines = await deadlinesBy((key) => reader.loader(leadTimesOn).load(key), {
      certifierId: certifier,
      asked: asking(new Date()),
      ...request,
    });
    return Object.assign(new ImportCertificateDeadlines(), deadlines);
  }

  @FieldResolver(() => ImportCertificateTransport, { nullable: true, description: 'How the goods are to travel, as the request said.' })
  transport(@Root() certificate: ImportCertificate): ImportCertificateTransport | null {
    const expected = transportOf(certificate);
    return expected && transportAnswer(expected);
  }

  @FieldResolver(() => ImportCertificateDeadlines, {
    nullable: true,
    description: 'Was it early enough, on the day of the request? Null where it came from outside.',
  })
  async deadlines(@Root() certificate: ImportCertificate, @Ctx() { reader, viewer }: Question): Promise<ImportCertificateDeadlines | null> {
    const { id, certifierId, neededBy, validFrom } = certificate;
    const history = await reader.loader(historyOf).load({ id, viewer });
    const [first] = history;
    if (first?.status !== 'REQUESTED' || first.onDay === null || first.by === null) return null;
    const deadlines = await deadlinesBy((key) => reader.loader(leadTimesOn).load(key), {
      certifierId,
      asked: { on: first.onDay, at: first.at },
      transport: transportOf(certificate),
      neededBy,
      validFrom,
    });
    return Object.assign(new ImportCertificateDeadlines(), deadlines);
  }
}
