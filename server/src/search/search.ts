import {
  byteOrder,
  type Findable,
  parseCertificateNumber,
  parseContainer,
  parseEntryNumber,
  parseOperationIdentifier,
  parseText,
  Refusal,
  SearchConnection,
  SearchEdge,
} from '@lotline/schema';
import { factVisible, type NounWithParties, operationVisible, subjectVisible, withinScope } from '../access';
import { importCertificateById, numberVisible } from '../certificates';
import { customsEntryById } from '../customs';
import { type BatchOf, knownFact, knownRow, type Position } from '../database';
import { documentById } from '../documents';
import { lotById } from '../lots';
import { operationById } from '../operations';
import { makePage, type PageArguments, type Question, readPage } from '../questions';
import { shipmentById } from '../shipments';

// What a person has in hand: codes and numbers, exact first and then by how they begin; then names that are alike, by their trigrams.

/** What may be found, in the order in which equal matches are told, and how each is loaded. */
const KINDS: Record<string, { type: Findable['nodeType']; byId: BatchOf<string, Findable | null> }> = {
  lot: { type: 'Lot', byId: lotById },
  import_certificate: { type: 'ImportCertificate', byId: importCertificateById },
  customs_entry: { type: 'CustomsEntry', byId: customsEntryById },
  shipment: { type: 'Shipment', byId: shipmentById },
  document: { type: 'Document', byId: documentById },
  operation: { type: 'Operation', byId: operationById },
};
const ORDER = Object.keys(KINDS);
/** The column of each kind that holds its code or number. */
const CODES = { lot: 'code', import_certificate: 'number', customs_entry: 'number', shipment: 'reference', document: 'number' };

interface Match {
  kind: string;
  id: string;
  matched: string;
  /** 0 exact, 1 begins so, 2 a name. */
  rank: number;
  /** How far a name is from what was looked for, thousandths. */
  distance: number;
}

/** Ways in which a code may have been written: as it stands, in capitals, and as its own parser writes it. */
function waysToWrite(text: string): string[] {
  const ways = new Set([text, text.toUpperCase()]);
  for (const parse of [parseEntryNumber, parseContainer, parseOperationIdentifier, parseCertificateNumber]) {
    const read = parse(text);
    if (read.ok) ways.add(read.value);
  }
  const digits = /^(\d{3})(\d{10})(\d{6})$/.exec(text);
  if (digits) ways.add(digits.slice(1).join('-'));
  return [...ways].sort(byteOrder);
}

/**
 * Is a name like what was looked for, and how far from it? By trigrams of Latin letters, with or without their marks; of other alphabets,
 * whose letters not every database's locale knows as such, by whether the name holds the text.
 */
const NAMES = {
  trigrams: {
    alike: 'without_marks($4) <% without_marks(o.name)',
    distance: 'round((1 - word_similarity(without_marks($4), without_marks(o.name))) * 1000)::int',
  },
  text: { alike: 'strpos(lower(o.name collate "default"), lower($4 collate "default")) > 0', distance: 'length(o.name) - length($4)' },
};

/** The statement that finds one page of matches. Parameters: exact ways $1, beginnings $2 and their ends $3, the text $4, length $5, and where to go on. */
function statement(
  { viewer }: Question,
  known: Position | null,
  { ways, after, names: { alike, distance } }: { ways: number; after: boolean; names: (typeof NAMES)['text'] },
): string {
  const range = (column: string, way: number) => `(${column} >= ($2::text[])[${way}] and ${column} < ($3::text[])[${way}])`;
  const begins = (column: string) => `(${Array.from({ length: ways }, (_, index) => range(column, index + 1)).join(' or ')})`;
  const numbered = (noun: string) => (noun === 'import_certificate' ? ` and ${numberVisible(viewer, 'n.id', known)}` : '');
  const code = (noun: NounWithParties, column: string) =>
    `select '${noun}' as kind, n.id, n.${column} as matched, case when n.${column} = any($1::text[]) then 0 else 1 end as rank, 0 as distance
     from ${noun} n where ${begins(`n.${column}`)} and ${subjectVisible(viewer, 'n.id', known)} and ${knownRow('n', known)}${numbered(noun)}`;
  const sources = [
    ...Object.entries(CODES).map(([noun, column]) => [noun, code(noun as NounWithParties, column)]),
    [
      'shipment',
      `select 'shipment', n.id, min(g.container), case when bool_or(g.container = any($1::text[])) then 0 else 1 end, 0
     from shipment_leg g join shipment n on n.id = g.shipment
     where ${begins('g.container')} and not ${begins('n.reference')} and ${knownFact('g', known)} and ${factVisible(viewer, 'n.id', 'g.id', known)} group by n.id`,
    ],
    [
      'operation',
      `select 'operation', o.id, o.identifier, case when o.identifier = any($1::text[]) then 0 else 1 end, 0
     from operation o where ${begins('o.identifier')} and ${operationVisible(viewer, 'o', known)} and ${knownRow('o', known)}`,
    ],
    [
      'operation',
      `select 'operation', o.id, o.name, 2, ${distance}
     from operation o where ${alike} and not ${begins('o.identifier')} and ${operationVisible(viewer, 'o', known)} and ${knownRow('o', known)}`,
    ],
  ] as const;
  const place = `m.rank, m.distance, m.matched collate "C", array_position('{${ORDER.join(',')}}'::text[], m.kind), m.id`;
  const later = after
    ? `where (${place}) > ($6::int, $7::int, $8::text collate "C", array_position('{${ORDER.join(',')}}'::text[], $9::text), $10::uuid)`
    : '';
  const reached = sources.flatMap(([kind, sql]) => (withinScope(viewer, KINDS[kind]!.type) ? [sql] : []));
  return `select m.* from (${reached.join(' union all ')}) m ${later} order by ${place} limit $5`;
}

/** @throws Refusal BAD_USER_INPUT for a text that cannot be looked for */
export async function search(question: Question, text: string, page: PageArguments): Promise<SearchConnection> {
  const read = parseText(text, 200);
  if (!read.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: read.wrong, path: ['text'], remedy: read.remedy });
  const list = `search ${read.value}`;
  const request = readPage(question, list, page);
  const { reader } = question;
  const ways = waysToWrite(read.value);
  const ends = ways.map((way) => `${way}\u{10FFFF}`);
  const latin = /[\p{Script=Latin}\d]/u.test(read.value) && !/[^\P{L}\p{Script=Latin}]/u.test(read.value);
  const names = latin ? NAMES.trigrams : NAMES.text;
  const sql = statement(question, request.known, { ways: ways.length, after: request.after !== null, names });
  const rows = await reader.query<Match>(sql, [ways, ways, ends, read.value, request.first + 1, ...(request.after ?? [])]);
  const nodes = await Promise.all(rows.map(({ kind, id }) => reader.loader(KINDS[kind]!.byId).load(id)));
  const found = makePage(question, {
    list,
    request,
    position: request.known ?? (await reader.position()),
    rows: rows.map((match, index) => ({ ...match, node: nodes[index]! })),
    keyOf: ({ rank, distance, matched, kind, id }) => [rank, distance, matched, kind, id],
    count: () => rows.length,
  });
  return Object.assign(new SearchConnection(), {
    pageInfo: found.pageInfo,
    nodes: found.nodes.map(({ node }) => node),
    edges: found.edges.map((edge) =>
      Object.defineProperty(Object.assign(new SearchEdge(), { node: edge.node.node, matched: edge.node.matched }), 'cursor', {
        get: () => edge.cursor,
      }),
    ),
  });
}
