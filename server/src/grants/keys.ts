import { ApiKey, ApiKeyConnection, DateScalar, type Day, KeyScope, Operation, type Page, parseDay, parseText } from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayGrantFor, newSecret, type Secret, seesAll, writeKey } from '../access';
import { type Command, CommandInput, INPUT, idempotencyKey, idOf, noSuch, oneOf, read, record } from '../commands';
import { type BatchOf, type Columns, nounById } from '../database';
import { operationById } from '../operations';
import { CommandPayload, give, PageArguments, pageOfFacts, type Question } from '../questions';

// Keys of applications: an operation creates and revokes its own, and whoever acts by one sees and does no more than its scopes say.

/** Most keys of an operation that are good at a time. */
const MOST_KEYS = 100;
/** Longest that a key is good, days: one that nobody remembers ends by itself. */
const LONGEST_DAYS = 400;
const DAY_MS = 86_400_000;

@InputType({ description: 'A key by which an application acts for an operation.' })
export class CreateKeyInput extends CommandInput {
  @Field(() => ID, { description: 'For whom it acts.' })
  operation: string;

  @Field(() => String, { description: 'What it is for; at most 100 characters.' })
  name: string;

  @Field(() => [KeyScope], { description: 'What it may see and do; at least one.' })
  scopes: KeyScope[];

  @Field(() => DateScalar, { description: `Last day on which it is good, by UTC; at most ${LONGEST_DAYS} days from now.` })
  expiresOn: string;
}

@InputType({ description: 'A key that is not to be good any more.' })
export class RevokeKeyInput extends CommandInput {
  @Field(() => ID, { description: 'The key.' })
  key: string;
}

const creation = z.object({
  idempotencyKey,
  operation: idOf('Operation'),
  name: read((text) => parseText(text, 100)),
  scopes: z
    .array(oneOf(KeyScope, 'a scope'))
    .min(1, 'a key has at least one scope')
    .transform((scopes) => [...new Set(scopes)]),
  expiresOn: read(parseDay),
});
const revocation = z.object({ idempotencyKey, key: idOf('ApiKey') });

interface NewKey {
  id: string;
  operationId: string;
  name: string;
  hash: string;
  scopes: KeyScope[];
  createdAt: Date;
  expiresAt: Date;
}

const API_KEY: Columns<NewKey> = {
  id: ['uuid', (key) => key.id],
  operation: ['uuid', (key) => key.operationId],
  name: ['text', (key) => key.name],
  hash: ['bytea', (key) => key.hash],
  scopes: ['text[]', (key) => key.scopes],
  created_at: ['timestamptz', (key) => key.createdAt],
  expires_at: ['timestamptz', (key) => key.expiresAt],
};

const endOf = (day: Day): Date => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS);

/** An operation creates a key. The secret stays with whoever calls this: neither the outcome nor the log has it. */
export const createKey = ({ hash }: Secret): Command<z.infer<typeof creation>, { key: string }> => ({
  name: 'createKey',
  input: creation,
  may: (viewer, { operation }) => mayGrantFor(viewer, operation),
  async run(work, rows) {
    // Its keys are counted by one command at a time.
    const held = await work.tx.query<{ id: string }>('select id from operation where id = any($1) order by id for no key update', [
      rows.map(({ operation }) => operation),
    ]);
    const counts = await work.tx.query<{ operation: string; count: number }>(
      'select operation, count(*)::int as count from api_key where operation = any($1) and revoked_at is null and expires_at > $2 group by 1',
      [rows.map(({ operation }) => operation), work.now],
    );
    const keys = rows.map((row, index): NewKey => {
      const { operation, expiresOn, name, scopes } = row;
      if (!held.some(({ id }) => id === operation)) work.refuse(index, noSuch('operation', 'operation'));
      const expiresAt = endOf(expiresOn);
      if (expiresAt <= work.now || expiresAt.getTime() > work.now.getTime() + (LONGEST_DAYS + 1) * DAY_MS)
        work.refuse(index, {
          code: 'BAD_USER_INPUT',
          message: `a key is good for at most ${LONGEST_DAYS} days, and for today at least`,
          path: ['expiresOn'],
          remedy: 'give a day to come, and renew the key before it',
        });
      if ((counts.find((each) => each.operation === operation)?.count ?? 0) >= MOST_KEYS)
        work.refuse(index, {
          code: 'REFUSED',
          message: `an operation has at most ${MOST_KEYS} keys`,
          path: ['operation'],
          remedy: 'revoke those that are not used any more',
        });
      return { id: uuidv7(), operationId: operation, name, hash: `\\x${hash.toString('hex')}`, scopes, createdAt: work.now, expiresAt };
    });
    work.check();
    await record(work, 'api_key', API_KEY, keys);
    for (const { id, operationId, name, scopes, expiresAt } of keys)
      work.emit({
        type: 'key.created',
        subject: id,
        payload: { operation: operationId, name, scopes, expiresAt: expiresAt.toISOString() },
      });
    return keys.map(({ id }) => ({ key: id }));
  },
});

/** An operation revokes a key of its own: nothing is answered to it any more, and its streams end. */
export const revokeKey: Command<z.infer<typeof revocation>, { key: string }> = {
  name: 'revokeKey',
  input: revocation,
  may: (viewer) => mayGrantFor(viewer, null),
  async run(work, rows) {
    const found = await work.tx.query<{ id: string; operation: string; revokedAt: Date | null }>(
      'select id, operation, revoked_at as "revokedAt" from api_key where id = any($1) order by id for update',
      [rows.map(({ key }) => key)],
    );
    const keys = new Map(found.map((row) => [row.id, row]));
    for (const [index, { key: id }] of rows.entries()) {
      const key = keys.get(id);
      // A key of another operation is as one that is not there.
      if (!key || mayGrantFor(work.viewer, key.operation)) work.refuse(index, noSuch('key', 'key'));
      else if (key.revokedAt !== null)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the key was revoked on ${key.revokedAt.toISOString().slice(0, 10)}`,
          path: ['key'],
          remedy: 'nothing is left to do',
        });
    }
    work.check();
    await work.tx.query('update api_key set revoked_at = $2 where id = any($1)', [[...keys.keys()], work.now]);
    for (const { id, operation } of keys.values()) work.emit({ type: 'key.revoked', subject: id, payload: { operation } });
    return rows.map(({ key }) => ({ key }));
  },
};

const apiKeyById = nounById(ApiKey);

/** A key by id, for its own operation and for whoever sees everything; null for everybody else. */
export async function visibleKey({ reader, viewer }: Question, id: string): Promise<ApiKey | null> {
  const key = await reader.loader(apiKeyById).load(id);
  return key && (seesAll(viewer) || !mayGrantFor(viewer, key.operationId)) ? key : null;
}

/** Keys of operations, oldest first. */
const keysOf: BatchOf<string, ApiKey[]> = async (reader, operations) => {
  const ids = await reader.query<{ id: string }>('select id from api_key where operation = any($1) order by id', [operations]);
  const keys = new Map(
    (
      await reader.nouns(
        ApiKey,
        ids.map(({ id }) => id),
      )
    ).map((key) => [key.id, key]),
  );
  return operations.map((operation) => ids.flatMap(({ id }) => keys.get(id) ?? []).filter(({ operationId }) => operationId === operation));
};

@ObjectType({ simpleResolvers: true, description: 'The key that was created.' })
export class CreateKeyPayload extends CommandPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key, without its secret.' })
  key: ApiKey | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the application sends as its bearer token. Shown this once: null where the same idempotencyKey is sent again.',
  })
  secret: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'The key that was revoked.' })
export class RevokeKeyPayload extends CommandPayload {
  @Field(() => ApiKey, { nullable: true, description: 'The key.' })
  key: ApiKey | null;
}

@Resolver(() => ApiKey)
export class ApiKeyResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'For whom it acts.' })
  operation(@Root() { operationId }: ApiKey, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(operationId);
  }

  @Mutation(() => CreateKeyPayload, { nullable: true, description: 'Creates a key for an application; the operation itself does.' })
  async createKey(@Arg('input', () => CreateKeyInput, INPUT) input: CreateKeyInput, @Ctx() question: Question): Promise<CreateKeyPayload> {
    const secret = newSecret();
    const { cursor, outcome } = await give(question, createKey(secret), input);
    const key = await question.reader.loader(apiKeyById).load(outcome.key);
    const [kept] = await question.reader.query<{ hash: Buffer }>('select hash from api_key where id = $1', [outcome.key]);
    const isNew = kept?.hash.equals(secret.hash) ?? false;
    return { cursor, key, secret: isNew ? writeKey(outcome.key, secret.secret) : null };
  }

  @Mutation(() => RevokeKeyPayload, { nullable: true, description: 'Revokes a key at once; the operation itself does.' })
  async revokeKey(@Arg('input', () => RevokeKeyInput, INPUT) input: RevokeKeyInput, @Ctx() question: Question): Promise<RevokeKeyPayload> {
    const { cursor, outcome } = await give(question, revokeKey, input);
    return { cursor, key: await question.reader.loader(apiKeyById).load(outcome.key) };
  }
}

@Resolver(() => Operation)
export class OperationKeysResolver {
  @FieldResolver(() => ApiKeyConnection, {
    nullable: true,
    description: 'Keys that act for it, oldest first: for itself and for who sees everything; null for everybody else.',
  })
  keys(@Root() { id }: Operation, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<ApiKey>> | null {
    if (!seesAll(question.viewer) && mayGrantFor(question.viewer, id)) return null;
    return pageOfFacts(question, `keys of ${id}`, page, () => question.reader.loader(keysOf).load(id));
  }
}
