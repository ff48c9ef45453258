import { createHash } from 'node:crypto';
import { Refusal } from '@lotline/schema';
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields';
import { getArgumentValues, getVariableValues } from 'graphql/execution/values';
import type { SignedIn, Viewer } from '../access';
import { type Journal, Notes } from '../journal';
import { costOf, introspectionIn, LIMIT_RULES, MOST_TOKENS, refuseLargeVariables, refuseLongDocument } from '../limits';
import { refuseOutOfScope } from '../questions';
import type { Feed, Fits } from './feed';
import { importCertificateFeed } from './feeds/import-certificates';
import { lotFeed } from './feeds/lots';
import { noticeFeed } from './feeds/notices';
import { operationCertificateFeed } from './feeds/operation-certificates';
import { shipmentFeed } from './feeds/shipments';

/** In an order that cursors remember: add at the end. */
export const FEEDS: readonly Feed[] = [
  importCertificateFeed,
  operationCertificateFeed,
  shipmentFeed,
  lotFeed,
  noticeFeed,
] as unknown as Feed[];

/** What a client sends to subscribe. */
export interface Asked {
  query?: unknown;
  /** In the place of a query, where only trusted documents are answered. */
  documentId?: unknown;
  variables?: unknown;
  operationName?: unknown;
}

/** A subscription, read and found good. */
export interface LiveRequest {
  viewer: Viewer;
  /** When the viewer's token expires, milliseconds of the epoch; null for never. */
  until: number | null;
  /** The key of an application, which may be revoked. */
  key: string | null;
  feed: Feed;
  /** Does its filter ask for facts that are costly to know? */
  costly: boolean;
  /** What its message may cost. */
  cost: number;
  /** Is that so much work that others must not wait for it? */
  laborious: boolean;
  fits: Fits<unknown>;
  /** Requests of one feed and this name have the same filter. */
  filter: string;
  /** Cursor to go on after. */
  after: string | null;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  operationName: string | null;
  variables: Record<string, unknown>;
  /** What the subscription's field is called in the answer. */
  responseKey: string;
  /** Which field of the message each name in the answer is. */
  message: ReadonlyMap<string, string>;
  /** Streams of this name have the same bytes for a change. */
  likeness: string;
}

/** Thrown with the errors that GraphQL itself has found. */
export class InvalidDocument extends Error {
  constructor(
    readonly errors: readonly GraphQLError[],
    readonly code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT',
  ) {
    super(errors[0]?.message);
  }
}

const badRequest = (message: string, remedy: string, path?: string[]) => new Refusal({ code: 'BAD_USER_INPUT', message, remedy, path });

function parsed(query: unknown): DocumentNode {
  refuseLongDocument(query);
  if (typeof query !== 'string') throw badRequest('there is no query', 'send {"query": "subscription { ... }"}', ['query']);
  try {
    return parse(query, { maxTokens: MOST_TOKENS });
  } catch (error) {
    throw new InvalidDocument([error as GraphQLError], 'GRAPHQL_PARSE_FAILED');
  }
}

/** The one operation meant, which must be a subscription. */
function subscriptionIn(document: DocumentNode, name: unknown): OperationDefinitionNode {
  if (name != null && typeof name !== 'string')
    throw badRequest('the operationName is no text', 'send {"operationName": "..."}, or leave it out', ['operationName']);
  // Some clients send an empty one for none.
  const operation = getOperationAST(document, name || null);
  if (!operation) throw badRequest('no operation of the document is meant', 'send one operation, or its operationName', ['operationName']);
  if (operation.operation !== 'subscription')
    throw badRequest(`a ${operation.operation} is not accepted here`, 'send queries and mutations to /graphql by HTTP POST', ['query']);
  return operation;
}

/**
 * Reads what a client sent: the same parsing, rules and bounds as over HTTP, and subscriptions only.
 * @param told is whoever asks told what the graph is made of?
 * @throws InvalidDocument for what GraphQL itself refuses
 * @throws Refusal for what we do
 */
export function readRequest(
  { graph, journal }: { graph: GraphQLSchema; journal: Pick<Journal, 'take'> },
  { viewer, until, key }: SignedIn,
  asked: Asked,
  told = true,
): LiveRequest {
  const document = parsed(asked.query);
  const untold = told ? null : introspectionIn(document);
  if (untold) throw new InvalidDocument([untold], 'GRAPHQL_VALIDATION_FAILED');
  const found = validate(graph, document, [...specifiedRules, ...LIMIT_RULES], { hideSuggestions: !told });
  if (found.length > 0) throw new InvalidDocument(found, 'GRAPHQL_VALIDATION_FAILED');
  const operation = subscriptionIn(document, asked.operationName);
  if (asked.variables != null && (typeof asked.variables !== 'object' || Array.isArray(asked.variables)))
    throw badRequest('the variables are no object', 'send {"variables": {...}}', ['variables']);
  refuseLargeVariables(asked.variables);
  const variables = (asked.variables ?? {}) as Record<string, unknown>;
  const values = getVariableValues(graph, operation.variableDefinitions ?? [], variables, { hideSuggestions: !told });
  if (values.errors) throw new InvalidDocument(values.errors, 'BAD_USER_INPUT');
  const notes = new Notes({ viewer, key });
  try {
    refuseOutOfScope(graph, document, notes);
  } finally {
    journal.take(notes.by, notes.all);
  }

  const type = graph.getSubscriptionType()!;
  const fragments = Object.fromEntries(
    document.definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
  const [root] = collectFields(graph, fragments, values.coerced, type, operation.selectionSet);
  if (!root) throw badRequest('nothing is subscribed to', 'select one field of Subscription', ['query']);
  const [responseKey, nodes] = root;
  const name = nodes[0]!.name.value;
  const field = type.getFields()[name]!;
  const { filter, after } = getArgumentValues(field, nodes[0]!, values.coerced) as { filter?: unknown; after?: string | null };
  const feed = FEEDS.find((each) => each.field === name)!;
  const message = collectSubfields(graph, fragments, values.coerced, graph.getType(messageType(field.type)) as never, nodes);
  const operationName = operation.name?.value ?? null;
  const cost = costOf({ graph, document, operation, variables });
  return {
    viewer,
    until,
    key,
    feed,
    costly: feed.isCostly?.(filter ?? null) ?? false,
    cost,
    laborious: cost > MOST_COST_LIVE || followsChains(document),
    fits: feed.fitter(filter ?? null),
    filter: JSON.stringify(filter ?? null),
    after: after ?? null,
    document,
    operation,
    operationName,
    variables,
    responseKey,
    message: new Map([...message].map(([key, [node]]) => [key, node!.name.value])),
    likeness: createHash('sha256')
      .update(JSON.stringify([asked.query, operationName, viewer.name, variablesInAnswer(document, nodes, variables)]))
      .digest('base64'),
  };
}

/** Most that a message may cost which others wait for. */
const MOST_COST_LIVE = 500;
/** Fields that follow lots through the chain, and add up what they find. */
const LABORIOUS = new Set(['trace', 'origin', 'recall', 'massBalance']);

function followsChains(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    enter(node) {
      if (node.kind === Kind.FIELD && LABORIOUS.has(node.name.value)) found = true;
    },
  });
  return found;
}

const messageType = (type: unknown): string => String(type).replaceAll(/[![\]]/g, '');

/** Variables that what is answered depends on: all that are used but in the arguments of the subscription itself. */
function variablesInAnswer(document: DocumentNode, roots: readonly FieldNode[], variables: Record<string, unknown>): unknown[] {
  const used = new Set<string>();
  visit(document, {
    enter(node, _key, _parent, _path, ancestors) {
      if (node.kind === Kind.VARIABLE_DEFINITION) return false;
      if (node.kind === Kind.ARGUMENT && roots.includes(ancestors.at(-1) as FieldNode)) return false;
      if (node.kind === Kind.VARIABLE) used.add(node.name.value);
      return undefined;
    },
  });
  return [...used].sort().map((name) => [name, variables[name]]);
}
