import {
  CountryCodeScalar,
  OperationRole,
  parseCountry,
  parseOperationIdentifier,
  parseText,
  splitIdentifier,
  toGlobalId,
} from '@lotline/schema';
import { Field, Float, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier, operationVisible } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, oneOf, optional, read } from '../commands';
import { type NewOperation, recordOperations } from './record';

@InputType({ description: 'An operation that a certifying agent has on its list.' })
export class RecordOperationInput extends CommandInput {
  @Field(() => ID, { description: 'The certifying agent whose client it is.' })
  certifier: string;

  @Field(() => String, { description: 'Its NOP ID: ten digits, as in the Organic Integrity Database.' })
  nopId: string;

  @Field(() => String, { description: 'Name; at most 300 characters.' })
  name: string;

  @Field(() => CountryCodeScalar, { description: 'Where it is.' })
  country: string;

  @Field(() => [OperationRole], { description: 'What it does in the chain; at least one.' })
  roles: OperationRole[];

  @Field(() => String, { nullable: true, description: 'Postal address, in one line; at most 1,000 characters.' })
  address?: string;

  @Field(() => Float, { nullable: true, description: 'Degrees north, -90 to 90.' })
  latitude?: number;

  @Field(() => Float, { nullable: true, description: 'Degrees east, -180 to 180.' })
  longitude?: number;
}

const A_LATITUDE = 'a latitude is a number of degrees from -90 to 90';
const A_LONGITUDE = 'a longitude is a number of degrees from -180 to 180';

const nopId = read((text) => {
  const parsed = parseOperationIdentifier(text);
  if (!parsed.ok || splitIdentifier(parsed.value).scheme === 'NOP') return parsed;
  return { ok: false, wrong: 'it is not a NOP ID', remedy: 'write its ten digits, e.g. 8150000001' };
});

const operation = z.object({
  idempotencyKey,
  certifier: idOf('Certifier'),
  nopId,
  name: read((text) => parseText(text, 300)),
  country: read(parseCountry),
  roles: z
    .array(oneOf(OperationRole, 'a role'))
    .min(1, 'an operation has at least one role')
    .transform((roles) => [...new Set(roles)]),
  address: optional(read((text) => parseText(text, 1000))),
  latitude: optional(z.number(A_LATITUDE).min(-90, A_LATITUDE).max(90, A_LATITUDE)),
  longitude: optional(z.number(A_LONGITUDE).min(-180, A_LONGITUDE).max(180, A_LONGITUDE)),
});

/** An operation that a certifier does not see has no certificate that anybody recorded. */
const remedyFor = (id: string | null): string =>
  id === null
    ? 'ask whoever certifies it to record its certificate first'
    : `use the existing operation, whose id is ${toGlobalId('Operation', id)}`;

/** A certifying agent keeps the list of its own clients as the Organic Integrity Database does: each by its NOP ID, once. */
export const recordOperation: Command<z.infer<typeof operation>, { operation: string }> = {
  name: 'recordOperation',
  input: operation,
  may: (viewer, { certifier }) => mayActForCertifier(viewer, certifier),
  async run(work, rows) {
    const certifiers = await work.tx.query<{ id: string }>('select id from certifier where id = any($1)', [
      rows.map(({ certifier }) => certifier),
    ]);
    const taken = await work.tx.query<{ identifier: string; id: string; seen: boolean }>(
      `select o.identifier, o.id, ${operationVisible(work.viewer, 'o')} as seen from operation o where o.identifier = any($1)`,
      [rows.map((row) => row.nopId)],
    );
    const known = new Map(taken.map(({ identifier, id, seen }) => [identifier, seen ? id : null]));
    const operations: NewOperation[] = [];
    for (const [index, { certifier, nopId: identifier, idempotencyKey: _, ...more }] of rows.entries()) {
      if (!certifiers.some(({ id }) => id === certifier)) work.refuse(index, noSuch('certifier', 'certifier'));
      // Who has a NOP ID is public.
      if (known.has(identifier))
        work.refuse(index, {
          code: 'CONFLICT',
          message: `an operation with the NOP ID ${identifier} exists`,
          path: ['nopId'],
          remedy: remedyFor(known.get(identifier)!),
        });
      known.set(identifier, null);
      operations.push({ id: uuidv7(), identifier, ...more, attributes: null });
    }
    work.check();
    await recordOperations(work, operations);
    return operations.map(({ id }) => ({ operation: id }));
  },
};
