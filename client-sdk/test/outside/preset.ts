// A program that has its types from client-preset of graphql-codegen.

import { Connection, Lotline } from '@lotline/client';
import { graphql } from './generated/graphql/gql.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};

const LOT = graphql(`
  query PresetLot($code: String!) {
    lot(code: $code) {
      id
      code
      kind
      producedOn
      country
      quantity { kilograms }
      notices { at }
    }
  }
`);
const FILING = graphql(`
  query PresetFiling($id: ID!, $kilograms: Kilograms!) {
    customsFiling(importCertificate: $id, kilograms: $kilograms) { bounces commodityNetQuantity }
  }
`);
const HARVEST = graphql(`
  mutation PresetHarvest($input: RecordHarvestInput!) {
    recordHarvest(input: $input) { cursor lot { id } }
  }
`);
const EVENTS = graphql(`
  subscription PresetEvents($after: Cursor) {
    lotEvents(after: $after) { cursor sequence change { kind kilograms } }
  }
`);

export async function ask(connection: Connection, client: Lotline): Promise<void> {
  const { lot } = await connection.request(LOT, { code: 'SOY-1' });
  holds<Same<NonNullable<typeof lot>['id'], string>>();
  holds<Same<NonNullable<typeof lot>['quantity']['kilograms'], string>>();
  holds<Same<NonNullable<typeof lot>['producedOn'], string | null>>();
  holds<Same<NonNullable<typeof lot>['kind'], 'HARVEST' | 'TRANSFORMATION' | 'PURCHASED'>>();
  // @ts-expect-error a variable that there is not
  await connection.request(LOT, { code: 'SOY-1', colour: 'green' });
  // @ts-expect-error a variable is missing
  await connection.request(LOT, {});
  await client.request(FILING, { id: 'id', kilograms: '5' });
  // @ts-expect-error a mass is written as a string
  await client.request(FILING, { id: 'id', kilograms: 5 });
  await client.request(HARVEST, {
    input: { idempotencyKey: 'key', producer: 'id', product: 'id', code: 'SOY-1', quantity: { value: '5', unit: 'KGM' } },
  });
  for await (const { cursor, change } of client.subscribe(EVENTS)) {
    holds<Same<typeof cursor, string>>();
    holds<Same<NonNullable<typeof change>['kilograms'], string | null>>();
  }
}
