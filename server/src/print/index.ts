import { quote, Refusal, type TraceDirection } from '@lotline/schema';
import { type GraphQLSchema, parse } from 'graphql';
import { presentPlace } from '../log';
import type { Question } from '../questions';
import { ask } from './ask';
import { htmlOf } from './html';
import { printImportCertificate } from './import-certificate';
import { hashOf, type PageOf, textOf } from './page';
import { printReview } from './review';
import { printTrace } from './trace';

export { CONTENT_SECURITY_POLICY } from './html';

/** A page that is asked for. */
export interface Asked {
  what: string;
  /** A number, a code or a global id. */
  name: string;
  parameters: Readonly<Record<string, unknown>>;
}

export interface Printed {
  /** What it says, which its hash is of. */
  text: string;
  /** SHA-256, hexadecimal. */
  hash: string;
  html: string;
}

interface Kind {
  parameters: readonly string[];
  print(graph: GraphQLSchema, question: Question, name: string, parameters: ReadonlyMap<string, string>): Promise<PageOf | null>;
}

const DIRECTIONS: readonly string[] = ['BACK', 'FORWARD'] satisfies TraceDirection[];

/** What is printed, by the first part of its path. */
const KINDS: Readonly<Record<string, Kind>> = {
  importCertificate: { parameters: [], print: printImportCertificate },
  review: { parameters: [], print: printReview },
  trace: {
    parameters: ['direction', 'producer'],
    print: (graph, question, code, parameters) => {
      const direction = parameters.get('direction');
      if (direction === undefined || !DIRECTIONS.includes(direction))
        throw wrong('direction', 'a trace is printed one way', `write direction=${DIRECTIONS.join(' or direction=')}`);
      return printTrace(graph, question, code, { direction: direction as TraceDirection, producer: parameters.get('producer') ?? null });
    },
  },
};

const wrong = (path: string, message: string, remedy: string): Refusal =>
  new Refusal({ code: 'BAD_USER_INPUT', message, path: [path], remedy });

/**
 * Prints what the graph says of a noun to whoever asks.
 * @throws Refusal NOT_FOUND where there is none, or the viewer may not see it; CONFLICT where the hash given is not that of what it says now
 */
export async function print(graph: GraphQLSchema, question: Question, { what, name, parameters: given }: Asked): Promise<Printed> {
  const kind = Object.hasOwn(KINDS, what) ? KINDS[what] : undefined;
  if (!kind) throw nothingThere();
  const { hash: expected, ...own } = readParameters(kind, given);
  const at = new Date().toISOString();
  const about = await kind.print(graph, question, name, new Map(Object.entries(own)));
  if (!about) throw nothingThere();
  const page = { ...about, printedFor: await viewerOf(graph, question) };
  const text = textOf(page);
  const hash = hashOf(text);
  if (expected !== undefined && expected !== hash)
    throw new Refusal({
      code: 'CONFLICT',
      message: 'this hash is not that of what the page says now, to whoever asks',
      path: ['hash'],
      remedy: `print it anew and compare: its hash is ${hash} now`,
    });
  const cursor = question.cursors.encode(await presentPlace(question.reader), question.viewer.name);
  const query = new URLSearchParams({ ...own, hash });
  return { text, hash, html: htmlOf(page, { hash, at, cursor, verifyAt: `/print/${what}/${encodeURIComponent(name)}?${query}` }) };
}

const nothingThere = (): Refusal =>
  new Refusal({
    code: 'NOT_FOUND',
    message: 'there is nothing to print here',
    remedy: 'ask for /print/importCertificate/NUMBER, /print/review/NUMBER or /print/trace/CODE?direction=BACK of what you see',
  });

/** The parameters of a page, each given once. @throws Refusal BAD_USER_INPUT for any other */
function readParameters({ parameters }: Kind, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const known = [...parameters, 'hash'];
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw wrong(name, `${quote(name)} is no parameter of this page`, `give ${known.join(', ')}, or none`);
    if (typeof value !== 'string') throw wrong(name, `${name} is given more than once`, 'give it once');
  }
  const read = given as Record<string, string>;
  if (read.hash !== undefined && !/^[0-9a-f]{64}$/.test(read.hash))
    throw wrong('hash', 'this is no content hash', 'write the 64 hexadecimal digits that stand on every page');
  return read;
}

const VIEWER = parse('query PrintedFor { viewer { kind operation { name identifiers { scheme value } } certifier { name code } } }');

interface ViewerSaid {
  kind: string;
  operation: { name: string; identifiers: readonly { scheme: string; value: string }[] } | null;
  certifier: { name: string; code: string } | null;
}

async function viewerOf(graph: GraphQLSchema, question: Question): Promise<string> {
  const { viewer } = await ask<{ viewer: ViewerSaid }>(graph, question, VIEWER, {});
  const { operation, certifier } = viewer;
  const kind = viewer.kind.toLowerCase();
  if (certifier) return `${kind} ${certifier.name} (${certifier.code})`;
  if (operation) return `${kind} ${operation.name} (${operation.identifiers.map(({ scheme, value }) => `${scheme} ${value}`).join(', ')})`;
  return kind;
}
