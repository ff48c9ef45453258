// A program that has its types from gql.tada.

import type { Connection } from '@lotline/client';
import type { Scalars } from '@lotline/client/codegen';
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './generated/introspection.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};

const graphql = initGraphQLTada<{ introspection: introspection; scalars: Scalars }>();

const LOT = graphql(`
  query TadaLot($code: String!, $kilograms: Kilograms!, $id: ID!) {
    lot(code: $code) { id code kind producedOn country quantity { kilograms } notices { at } }
    customsFiling(importCertificate: $id, kilograms: $kilograms) { bounces }
  }
`);
const EVENTS = graphql(`
  subscription TadaEvents($after: Cursor) {
    lotEvents(after: $after) { cursor sequence change { kind kilograms } }
  }
`);

export async function ask(connection: Connection): Promise<void> {
  const { lot } = await connection.request(LOT, { code: 'SOY-1', kilograms: '5', id: 'id' });
  holds<Same<NonNullable<typeof lot>['id'], string>>();
  holds<Same<NonNullable<typeof lot>['quantity']['kilograms'], string>>();
  holds<Same<NonNullable<typeof lot>['country'], string | null>>();
  holds<Same<NonNullable<typeof lot>['notices'][number]['at'], string>>();
  holds<Same<NonNullable<typeof lot>['kind'], 'HARVEST' | 'TRANSFORMATION' | 'PURCHASED'>>();
  // @ts-expect-error a variable that there is not
  await connection.request(LOT, { code: 'SOY-1', kilograms: '5', id: 'id', colour: 'green' });
  // @ts-expect-error a mass is written as a string
  await connection.request(LOT, { code: 'SOY-1', kilograms: 5, id: 'id' });
  // @ts-expect-error variables are missing
  await connection.request(LOT, { code: 'SOY-1' });
  for await (const { cursor, change } of connection.subscribe(EVENTS, {})) {
    holds<Same<typeof cursor, string>>();
    holds<Same<NonNullable<typeof change>['kilograms'], string | null>>();
  }
}
