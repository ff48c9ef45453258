import { type Day, type Lot, parseDay, parseOperationIdentifier, quote, Refusal, TraceDirection } from '@lotline/schema';
import { operationVisible, withinScope } from '../access';
import { lotNamed } from '../lots';
import type { Question } from '../questions';
import { Chain, DEEPEST } from '../trace';
import { balanceTable } from './balance';
import { certificatesTable, lotsTable } from './lists';
import { gapsTable, linksTable, stepsTable, traceTable } from './story';
import type { Table } from './table';
import { FORMATS, type Format } from './write';

/** What is asked for: a table, of something where it is of one thing, in a format. */
export interface Address {
  /** As the access journal calls it. */
  name: string;
  format: Format;
  /** Finds what the table is of; whatever is refused is refused here, before anything is sent. */
  open(question: Question): Promise<{ table: Table; file: string }>;
}

type Parameters = Record<string, unknown>;

interface Kind {
  /** What it is of; null for all that the viewer sees. */
  of: string | null;
  parameters: readonly string[];
  /** Types of the graph that it tells of: a key needs their scopes. */
  types: readonly string[];
  open(question: Question, of: string, parameters: Parameters): Promise<Table> | Table;
}

const bad = (message: string, remedy: string, ...path: string[]) => new Refusal({ code: 'BAD_USER_INPUT', message, path, remedy });

const story = (types: readonly string[], table: (question: Question, chain: Chain, root: Lot) => Table): Kind => ({
  of: 'CODE',
  parameters: ['direction', 'maxDepth', 'asOf'],
  types: ['Lot', 'Trace', ...types],
  async open(question, of, parameters) {
    const request = { direction: directionIn(parameters), maxDepth: depthIn(parameters), asOf: dayIn(parameters, 'asOf') };
    const root = await lotNamed(question, of);
    question.notes.traced(root.id);
    return table(question, await Chain.walk(question, [root.id], request), root);
  },
});

const KINDS: Readonly<Record<string, Kind>> = {
  trace: story(['TraceLot'], (question, chain, { id }) => traceTable(question, chain, chain.lot(id))),
  links: story(['TraceLink'], (_, chain) => linksTable(chain)),
  steps: story(['TraceStep', 'Shipment', 'ImportCertificate', 'Document'], stepsTable),
  gaps: story(['TraceGap'], (_, chain) => gapsTable(chain)),
  lots: { of: null, parameters: [], types: ['Lot'], open: lotsTable },
  certificates: { of: null, parameters: [], types: ['ImportCertificate'], open: certificatesTable },
  'mass-balance': {
    of: 'OPERATION',
    parameters: ['product', 'from', 'to'],
    types: ['MassBalance', 'Lot', 'Document'],
    open: openBalance,
  },
};

const PATTERN = Object.entries(KINDS)
  .map(([name, { of }]) => `${name}${of === null ? '' : `/${of}`}`)
  .join(', ');

/**
 * Reads `WHAT.FORMAT` or `WHAT/OF.FORMAT`: the ending is the format, what lies before it may hold points and slashes of its own.
 * @throws Refusal NOT_FOUND where nothing has such an address, BAD_USER_INPUT for parameters that it does not know
 */
export function readAddress(path: string, parameters: Parameters): Address {
  const [, name = '', of, ending = ''] = /^([a-z-]+)(?:\/(.+))?\.([a-z]+)$/s.exec(path) ?? [];
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name]! : null;
  const format = Object.hasOwn(FORMATS, ending) ? FORMATS[ending]! : null;
  if (!kind || !format || (kind.of === null) !== (of === undefined))
    throw new Refusal({
      code: 'NOT_FOUND',
      message: 'there is no such table',
      remedy: `ask for /export/ and one of ${PATTERN}, with the ending .${Object.keys(FORMATS).join(' or .')}`,
    });
  for (const [parameter, value] of Object.entries(parameters)) {
    if (!kind.parameters.includes(parameter))
      throw bad(
        `${name} takes no ${quote(parameter)}`,
        kind.parameters.length > 0 ? `it takes ${kind.parameters.join(', ')}` : 'leave it out',
        parameter,
      );
    if (typeof value !== 'string') throw bad(`${parameter} is given more than once`, 'give it once', parameter);
  }
  return {
    name: `export ${name}`,
    format,
    open: async (question) => {
      refuseOutOfScope(question, kind.types);
      const table = await kind.open(question, of ?? '', parameters);
      return { table, file: `${`${name}${of === undefined ? '' : `-${of}`}`.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 100)}.${ending}` };
    },
  };
}

/** @throws Refusal FORBIDDEN for a table that tells of more than a key's scopes include */
function refuseOutOfScope({ viewer, notes }: Question, types: readonly string[]): void {
  const beyond = types.find((type) => !withinScope(viewer, type));
  if (beyond === undefined) return;
  notes.refused(beyond, 'FORBIDDEN', null);
  throw new Refusal({
    code: 'FORBIDDEN',
    message: `the key's scopes do not include what ${beyond} needs`,
    remedy: 'use a key with that scope, or ask the graph for the rest',
  });
}

const DIRECTIONS = Object.keys(TraceDirection) as TraceDirection[];

function directionIn({ direction }: Parameters): TraceDirection {
  if (direction === undefined) return 'BACK';
  const read = DIRECTIONS.find((each) => each === (direction as string).toUpperCase());
  if (!read) throw bad(`there is no direction ${quote(direction as string)}`, `write ${DIRECTIONS.join(' or ')}`, 'direction');
  return read;
}

function depthIn({ maxDepth }: Parameters): number | null {
  if (maxDepth === undefined) return null;
  if (/^\d{1,5}$/.test(maxDepth as string) && Number(maxDepth) <= DEEPEST) return Number(maxDepth);
  throw bad(`maxDepth is ${quote(maxDepth as string)}`, `ask for 0 to ${DEEPEST}, or leave it out`, 'maxDepth');
}

function dayIn(parameters: Parameters, name: string): Day | null {
  const text = parameters[name];
  if (text === undefined) return null;
  const day = parseDay(text as string);
  if (!day.ok) throw bad(day.wrong, day.remedy, name);
  return day.value;
}

async function openBalance(question: Question, of: string, parameters: Parameters): Promise<Table> {
  const identifier = parseOperationIdentifier(of);
  if (!identifier.ok) throw bad(identifier.wrong, identifier.remedy, 'operation');
  const given = (name: string): string => {
    const value = parameters[name];
    if (value === undefined || value === '') throw bad(`${name} is missing`, 'give product, from and to', name);
    return value as string;
  };
  const [name, from, to] = [given('product'), dayIn({ from: given('from') }, 'from')!, dayIn({ to: given('to') }, 'to')!];
  const id = async (what: 'operation' | 'product', sql: string, text: string) => {
    const [row] = await question.reader.query<{ id: string }>(sql, [text]);
    if (row) return row.id;
    throw new Refusal({ code: 'NOT_FOUND', message: `there is no such ${what}`, path: [what], remedy: NAMED[what] });
  };
  const visible = operationVisible(question.viewer, 'o');
  const operation = await id('operation', `select o.id from operation o where o.identifier = $1 and ${visible}`, identifier.value);
  const product = await id('product', 'select id from product where name = $1', name);
  return balanceTable(question, { operation, product, from, to });
}

const NAMED = { operation: 'write its NOP ID or SCHEME:value', product: 'write its name as in the catalogue' };
