import { getNamedType, isNonNullType, Kind, valueFromAST } from 'graphql';
import { NOTE, operations, schema } from './schema.mjs';

const roots = { query: schema.getQueryType(), mutation: schema.getMutationType(), subscription: schema.getSubscriptionType() };
const lower = (name) => name[0].toLowerCase() + name.slice(1);

/** The fields that lead from an operation to what is worth giving: as long as there is one field and nothing else. */
function wayOf(operation) {
  const way = [];
  let [type, { selections }] = [roots[operation.operation], operation.selectionSet];
  let isPage = false;
  while (selections.length === 1 && selections[0].kind === Kind.FIELD && selections[0].selectionSet && !isPage) {
    const [{ name, alias, arguments: args, selectionSet }] = selections;
    const field = type.getFields()[name.value];
    way.push({ name: (alias ?? name).value, field, nullable: !isNonNullType(field.type) });
    isPage = args.some(({ value }) => value.kind === Kind.VARIABLE && value.name.value === 'after') && operation.operation === 'query';
    [type, selections] = [getNamedType(field.type), selectionSet.selections];
  }
  if (way.length === 0) throw new Error(`client-sdk/documents: ${operation.name.value} asks for several things`);
  return { way, isPage };
}

/** The type at the end of a way. */
const typeAt = (answer, way) =>
  way.reduce((type, { name }, step) => `${step > 0 && way[step - 1].nullable ? `NonNullable<${type}>` : type}['${name}']`, answer);

const comment = (text) => `  /** ${text.replaceAll('\n', ' ')} */`;

function methodOf(operation) {
  const name = operation.name.value;
  const kind = operation.operation[0].toUpperCase() + operation.operation.slice(1);
  const [answer, variables] = [`${name}${kind}`, `${name}${kind}Variables`];
  const { way, isPage } = wayOf(operation);
  const isLastNullable = way.at(-1).nullable;
  const told = comment(way.at(-1).field.description ?? '');
  const needs = operation.variableDefinitions.some(({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE && !valueFromAST(defaultValue));
  const asked = needs ? `variables: ${variables}` : `variables: ${variables} = {}`;
  const path = `[${way.map(({ name: step }) => `'${step}'`).join(', ')}]`;
  if (operation.operation === 'mutation') {
    const [{ name: field }] = way;
    return `${told}
  async ${lower(name)}(input: Command<${variables}['input']>, options?: RequestOptions): Promise<NonNullable<${answer}['${field}']>> {
    return (await this.request(documents.${name}Document, { input: withKey(input) }, options)).${field}!;
  }`;
  }
  if (operation.operation === 'subscription') {
    const [{ name: field }] = way;
    return `${told}
  ${lower(name)}(${asked}, options?: RequestOptions): Changes<NonNullable<${answer}['${field}']['change']>> {
    return this.subscribe(documents.${name}Document, variables, options).map(({ change }) => change!);
  }`;
  }
  if (isPage) {
    return `${told}
  ${lower(name)}(${asked}, options?: RequestOptions): Pages<${isLastNullable ? `NonNullable<${typeAt(answer, way)}>` : typeAt(answer, way)}> {
    return this.pages(documents.${name}Document, ${path}, variables, options);
  }`;
  }
  const isNullable = way.some(({ nullable }) => nullable);
  const [first, ...rest] = way.map(({ name: step, nullable }) => step + (nullable ? '?' : ''));
  const steps = [first, ...rest].join('.').replace(/\?$/, '');
  return `${told}
  async ${lower(name)}(${asked}, options?: RequestOptions): Promise<${typeAt(answer, way)}${isNullable && !isLastNullable ? ' | null' : ''}> {
    return (await this.request(documents.${name}Document, variables, options)).${steps}${isNullable && way.length > 1 ? ' ?? null' : ''};
  }`;
}

/** Every question, command and subscription of the schema has a document that begins with it. */
function missing() {
  const begun = new Set(operations.map((each) => `${each.operation}.${each.selectionSet.selections[0].name.value}`));
  return Object.entries(roots).flatMap(([kind, type]) =>
    Object.keys(type.getFields())
      .filter((name) => !begun.has(`${kind}.${name}`))
      .map((name) => `${type.name}.${name}`),
  );
}

/** That a command may be sent again rests on it. */
function withoutKey() {
  return Object.values(roots.mutation.getFields())
    .filter(({ args }) => {
      const key = args.length === 1 && getNamedType(args[0].type).getFields?.().idempotencyKey;
      return !key || String(key.type) !== 'String!';
    })
    .map(({ name }) => name);
}

/** The class with a method for each document. */
export function methodsFile() {
  for (const name of missing()) throw new Error(`client-sdk/documents: there is no document for ${name}`);
  for (const name of withoutKey()) throw new Error(`client-sdk: ${name} takes no idempotencyKey, and would be sent again all the same`);
  const methods = operations.map(methodOf).join('\n\n');
  const types = operations.flatMap((each) => {
    const name = each.name.value + each.operation[0].toUpperCase() + each.operation.slice(1);
    return [name, `${name}Variables`];
  });
  return `${NOTE}

import type { Changes } from '../changes.ts';
import { type Command, withKey } from '../commands.ts';
import { Connection } from '../connection.ts';
import type { Pages } from '../pages.ts';
import type { RequestOptions } from '../settings.ts';
import * as documents from './documents.ts';
import type {
${types
  .filter((name) => new RegExp(`\\b${name}\\b`).test(methods))
  .map((name) => `  ${name},`)
  .join('\n')}
} from './types.ts';

/** A Lotline server: a method for each question, each command and each subscription. */
export class Lotline extends Connection {
${methods}
}
`;
}
