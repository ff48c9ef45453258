import { AuditGrant, AuditGrantConnection, Certifier, type Page } from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { mayActForCertifier, seesAll } from '../access';
import { type Command, type CommandInput, INPUT } from '../commands';
import { type BatchOf, grouped, nounById } from '../database';
import { certifierById } from '../operations';
import { CommandPayload, give, PageArguments, pageOfFacts, type Question } from '../questions';
import { GrantAuditInput, grantAudit } from './grant-audit';
import { RevokeAuditInput, revokeAudit } from './revoke-audit';

// Audits: the full chain of a lot, open to a certifier. Its own are known to that certifier, and to whoever sees everything.

const auditGrantById = nounById(AuditGrant);

const isVisible = ({ viewer }: Question, certifierId: string): boolean =>
  seesAll(viewer) || mayActForCertifier(viewer, certifierId) === null;

/** A grant by id; null where there is none, or it is another certifier's. */
export async function visibleAuditGrant(question: Question, id: string): Promise<AuditGrant | null> {
  const grant = await question.reader.loader(auditGrantById).load(id);
  return grant && isVisible(question, grant.certifierId) ? grant : null;
}

/** Grants of certifiers, oldest first. */
const grantsOf: BatchOf<string, AuditGrant[]> = async (reader, certifiers) => {
  const ids = await reader.query<{ id: string }>('select id from audit_grant where certifier = any($1)', [certifiers]);
  const grants = await reader.nouns(
    AuditGrant,
    ids.map(({ id }) => id),
  );
  return grouped(
    certifiers,
    grants.sort((one, other) => (one.id < other.id ? -1 : 1)),
    ({ certifierId }) => certifierId,
  );
};

@ObjectType({ simpleResolvers: true, description: 'What a command about an audit has done.' })
abstract class AuditGrantPayload extends CommandPayload {
  @Field(() => AuditGrant, { nullable: true, description: 'The grant.' })
  auditGrant: AuditGrant | null;
}

@ObjectType({ simpleResolvers: true, description: 'The audit that was granted.' })
export class GrantAuditPayload extends AuditGrantPayload {}

@ObjectType({ simpleResolvers: true, description: 'The audit that was revoked.' })
export class RevokeAuditPayload extends AuditGrantPayload {}

async function carriedOut<Input>(
  question: Question,
  command: Command<Input, { grant: string }>,
  input: CommandInput,
): Promise<AuditGrantPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, auditGrant: await question.reader.loader(auditGrantById).load(outcome.grant) };
}

@Resolver(() => AuditGrant)
export class AuditGrantResolver {
  @FieldResolver(() => Certifier, { nullable: true, description: 'Who reads the chain.' })
  certifier(@Root() { certifierId }: AuditGrant, @Ctx() { reader }: Question): Promise<Certifier | null> {
    return reader.loader(certifierById).load(certifierId);
  }

  @Mutation(() => GrantAuditPayload, {
    nullable: true,
    description:
      'Opens the full chain of a lot to a certifier (7 CFR 205.501(a)(21)); an administrator does. While it runs the certifier reads every fact about the lots of the chain, about the shipments that carry them and about their papers, certificates, entries, emergency actions and offers. They are found by node, by code, by edges, in traces and by search; lists of nouns do not begin from them.',
  })
  grantAudit(@Arg('input', () => GrantAuditInput, INPUT) input: GrantAuditInput, @Ctx() question: Question): Promise<AuditGrantPayload> {
    return carriedOut(question, grantAudit, input);
  }

  @Mutation(() => RevokeAuditPayload, {
    nullable: true,
    description: 'Revokes an audit at once: an administrator does, or the certifier gives it back.',
  })
  revokeAudit(@Arg('input', () => RevokeAuditInput, INPUT) input: RevokeAuditInput, @Ctx() question: Question): Promise<AuditGrantPayload> {
    return carriedOut(question, revokeAudit, input);
  }
}

@Resolver(() => Certifier)
export class CertifierAuditGrantsResolver {
  @FieldResolver(() => AuditGrantConnection, {
    description:
      'Audits granted to it, those that are over included, oldest first: for itself and for who sees everything; none for others.',
  })
  auditGrants(
    @Root() { id }: Certifier,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<AuditGrant>> {
    return pageOfFacts(question, `audit grants of ${id}`, page, async () =>
      isVisible(question, id) ? [...(await question.reader.loader(grantsOf).load(id))] : [],
    );
  }
}
