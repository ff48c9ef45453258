import {
  CustomsFiling,
  CustomsFilingFault,
  CustomsFilingOnPaper,
  DateScalar,
  type Day,
  FilingEntity,
  type FilingEntityRole,
  type Grams,
  type ImportCertificate,
  KilogramsScalar,
  parseGlobalId,
  parseText,
  Refusal,
  today,
} from '@lotline/schema';
import { Arg, Ctx, Field, ID, InputType, Query, Resolver } from 'type-graphql';
import { z } from 'zod';
import { withinScope } from '../access';
import { claimsOf, drawnOn, historyOf, linesOf, massOf, visibleImportCertificate, volumeOf } from '../certificates';
import { optional, read, reasonsOf } from '../commands';
import { visibleLot } from '../lots';
import { certifierById, visibleOperation } from '../operations';
import { type Question, seen } from '../questions';
import { faultsOf } from './filing';
import { certifierOfHandler } from './loaders';

@InputType({ description: 'What is about to be keyed in. Nothing is stored.' })
export class CustomsFilingKeyedInput {
  @Field(() => String, { nullable: true, description: 'Number of the certificate, as typed.' })
  certificateNumber?: string;

  @Field(() => String, { nullable: true, description: 'Message set.' })
  messageSet?: string;

  @Field(() => String, { nullable: true, description: 'CBP entry number.' })
  entryNumber?: string;

  @Field(() => String, { nullable: true, description: 'Container number (ISO 6346).' })
  container?: string;

  @Field(() => String, { nullable: true, description: 'HTS code.' })
  hts?: string;

  @Field(() => DateScalar, { nullable: true, description: 'Day of filing; today where none is given.' })
  filedOn?: Day;

  @Field(() => String, { nullable: true, description: 'What the goods are for, as the message set OR1 asks.' })
  intendedUse?: string;
}

const MOST_LOTS = 200;
const typed = optional(read((text) => parseText(text, 200)));

const keyedIn = z.object({
  certificateNumber: typed,
  messageSet: typed,
  entryNumber: typed,
  container: typed,
  hts: typed,
  intendedUse: typed,
});

/** Whom the message set OR1 names, and what is not known of them. */
async function onPaper(question: Question, certificate: ImportCertificate, intendedUse: string | null): Promise<CustomsFilingOnPaper> {
  const { exporterId, consigneeId, importerId, finalHandlerId, certifierId } = certificate;
  const operation = async (role: FilingEntityRole, id: string): Promise<FilingEntity> => {
    const found = await visibleOperation(question, id);
    return Object.assign(new FilingEntity(), {
      entityRoleCode: role,
      entityName: found?.name ?? null,
      entityNumber: found?.nopId ?? null,
      entityAddress: found?.address ?? null,
      entityCountry: found?.country ?? null,
      individualName: null,
    });
  };
  const certifier = async (role: FilingEntityRole, id: string | null): Promise<FilingEntity> => {
    const found = id === null ? null : await question.reader.loader(certifierById).load(id);
    return Object.assign(new FilingEntity(), {
      entityRoleCode: role,
      entityName: found?.name ?? null,
      entityNumber: found?.code ?? null,
      entityAddress: null,
      entityCountry: found?.country ?? null,
      individualName: null,
    });
  };
  const handler = finalHandlerId ?? exporterId;
  const entities = await Promise.all([
    operation('EX', exporterId),
    operation('UC', consigneeId ?? importerId),
    certifier('ORI', certifierId),
    operation('ORP', handler),
    certifier('ORC', await question.reader.loader(certifierOfHandler).load(handler)),
  ]);
  const asked = ['entityName', 'entityNumber', 'entityAddress', 'individualName'] as const;
  const missing = entities.flatMap((entity) =>
    asked.filter((field) => entity[field] === null).map((field) => `${entity.entityRoleCode} ${field}`),
  );
  return Object.assign(new CustomsFilingOnPaper(), {
    governmentAgencyProcessingCode: 'OR1',
    declarationCode: 'AM4',
    intendedUse,
    entities,
    missing: [...(intendedUse === null ? ['intendedUse'] : []), ...missing],
  });
}

/** Lots that are to be named, each with its code and whether the certificate covers it; null of one that is not there, or not to be seen. */
async function lotsOf(question: Question, { id }: ImportCertificate, ids: readonly string[]) {
  const [lines, claims] = await Promise.all([question.reader.loader(linesOf).load(id), seen(question, claimsOf, id)]);
  return Promise.all(
    ids.map(async (text, place) => {
      const parsed = parseGlobalId(text, 'Lot');
      if (!parsed.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: parsed.wrong, path: ['lots', place], remedy: parsed.remedy });
      const lot = withinScope(question.viewer, 'Lot') ? await visibleLot(question, parsed.value.id) : null;
      if (!lot) return null;
      const covered = [...lines, ...claims].some(({ lotId, productId }) =>
        lotId === null ? productId === lot.productId : lotId === lot.id,
      );
      return { code: lot.code, covered };
    }),
  );
}

@Resolver()
export class CustomsFilingResolver {
  @Query(() => CustomsFiling, {
    nullable: true,
    description:
      'What a broker keys in to enter goods under an import certificate, and every reason why it would bounce. Null where there is no such certificate, or the viewer may not see it.',
  })
  async customsFiling(
    @Arg('importCertificate', () => ID, { description: 'The certificate.' }) certificateId: string,
    @Arg('kilograms', () => KilogramsScalar, { description: 'Net mass that is to be entered.' }) kilograms: Grams,
    @Arg('lots', () => [ID], { nullable: true, description: `The lots, if they are known; at most ${MOST_LOTS}.` }) lots: string[] | null,
    @Arg('asKeyed', () => CustomsFilingKeyedInput, { nullable: true, description: 'What is about to be keyed in.' })
    asKeyed: CustomsFilingKeyedInput | null,
    @Ctx() question: Question,
  ): Promise<CustomsFiling | null> {
    const parsed = parseGlobalId(certificateId, 'ImportCertificate');
    if (!parsed.ok)
      throw new Refusal({ code: 'BAD_USER_INPUT', message: parsed.wrong, path: ['importCertificate'], remedy: parsed.remedy });
    if ((lots?.length ?? 0) > MOST_LOTS)
      throw new Refusal({ code: 'BAD_USER_INPUT', message: `at most ${MOST_LOTS} lots at once`, path: ['lots'], remedy: 'ask in parts' });
    const keyed = keyedIn.safeParse(asKeyed ?? {});
    if (!keyed.success) throw new Refusal(reasonsOf(keyed.error, ['asKeyed']));
    const certificate = await visibleImportCertificate(question, parsed.value.id);
    if (!certificate) return null;
    const { id, issuedNumber, hts, validFrom, validTo } = certificate;
    const [history, mass, drawn, whole, named, paper] = await Promise.all([
      question.reader.loader(historyOf).load({ id, viewer: question.viewer }),
      massOf(question, certificate),
      seen(question, drawnOn, id),
      question.reader.loader(volumeOf).load(id),
      lotsOf(question, certificate, lots ?? []),
      onPaper(question, certificate, keyed.data.intendedUse),
    ]);
    const number = history.some(({ status }) => status === 'ISSUED') ? issuedNumber : null;
    const faults = faultsOf({
      number,
      status: history.at(-1)!.status,
      hts,
      validFrom,
      validTo,
      left: (mass - whole.drawn) as Grams,
      seesAll: drawn === whole.drawn,
      kilograms,
      lots: named,
      filedOn: asKeyed?.filedOn ?? today(),
      keyed: keyed.data,
    });
    return Object.assign(new CustomsFiling(), {
      governmentAgencyCode: 'AMS',
      governmentAgencyProgramCode: 'OR',
      governmentAgencyProcessingCode: 'OR2',
      lpcoNumber: number,
      commodityNetQuantity: kilograms,
      commodityNetQuantityUnit: 'KG',
      lotNumbers: named.flatMap((lot) => lot?.code ?? []),
      onPaper: paper,
      faults: faults.map((fault) => Object.assign(new CustomsFilingFault(), fault)),
      bounces: faults.some(({ severity }) => severity === 'ERROR'),
    });
  }
}
