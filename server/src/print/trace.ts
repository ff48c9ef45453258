import type { TraceDirection } from '@lotline/schema';
import { type GraphQLSchema, parse } from 'graphql';
import type { Question } from '../questions';
import { ask } from './ask';
import type { PageOf, Section } from './page';
import {
  facts,
  type Listed,
  list,
  mass,
  type Named,
  name,
  type PlaceSaid,
  place,
  share,
  table,
  text,
  together,
  words,
  yesOrNo,
} from './words';

interface LotSaid {
  code: string;
  kind: string;
  producedOn: string | null;
  country: string | null;
  producer: Named | null;
  product: Named & { organic: boolean; hts: string };
  quantity: { value: string; unit: string; kilograms: string };
}

interface MetSaid {
  ref: string;
  lot: { code: string } | null;
}

interface Answer {
  lot:
    | (LotSaid & {
        trace: {
          rootRef: string;
          complete: boolean;
          summary: {
            lots: number;
            operations: number;
            depth: number;
            countries: string[];
            firstOn: string | null;
            lastOn: string | null;
            modes: { mode: string; legs: number }[];
            gaps: { kind: string; count: number }[];
          };
          gaps: Listed<{ kind: string; on: string | null; message: string; rule: string | null; lot: MetSaid }>;
          lots: Listed<{
            ref: string;
            depth: number;
            kilograms: string;
            share: number;
            lot: LotSaid | null;
            withheld: { productClass: string; country: string | null; ownerCertified: string } | null;
          }>;
          links: Listed<{ from: string; to: string; kilograms: string }>;
          steps: Listed<{
            kind: string;
            on: string | null;
            kilograms: string | null;
            mode: string | null;
            certified: string | null;
            lot: MetSaid;
            owner: Named | null;
            from: Named | null;
            to: Named | null;
            fromPlace: PlaceSaid | null;
            toPlace: PlaceSaid | null;
            documents: { type: string; number: string }[];
            importCertificate: { number: string | null } | null;
            shipment: { reference: string } | null;
          }>;
          holders: Listed<{ lots: number; held: string; fromRoot: string; inTransit: string; operation: Named | null }>;
        };
        origin?: {
          complete: boolean;
          unknown: string;
          countries: { country: string | null; kilograms: string; share: number }[];
          farms: Listed<{ country: string | null; kilograms: string; share: number; lots: number; operation: Named | null }>;
        };
      })
    | null;
}
type Told = NonNullable<Answer['lot']>;

const LOT = 'code kind producedOn country producer { name } product { name organic hts } quantity { value unit kilograms }';
const MET = 'lot { ref lot { code } }';

const DOCUMENT = parse(`query PrintedTrace($code: String!, $producer: String, $direction: TraceDirection!, $back: Boolean!) {
  lot(code: $code, producer: $producer) {
    ${LOT}
    trace(direction: $direction) {
      rootRef complete
      summary { lots operations depth countries firstOn lastOn modes { mode legs } gaps { kind count } }
      gaps(first: 500) { totalCount nodes { kind on message rule ${MET} } }
      lots(first: 500) {
        totalCount
        nodes { ref depth kilograms share lot { ${LOT} } withheld { productClass country ownerCertified } }
      }
      links(first: 500) { totalCount nodes { from to kilograms } }
      steps(first: 500) {
        totalCount
        nodes {
          kind on kilograms mode certified ${MET} owner { name } from { name } to { name } fromPlace { name unLocode } toPlace { name unLocode }
          documents { type number } importCertificate { number } shipment { reference }
        }
      }
      holders(first: 500) { totalCount nodes { lots held fromRoot inTransit operation { name } } }
    }
    origin @include(if: $back) {
      complete unknown countries { country kilograms share }
      farms(first: 500) { totalCount nodes { country kilograms share lots operation { name } } }
    }
  }
}`);

/** Where a lot came from, or what became of it; null where there is none, or the viewer may not see it. @throws Refusal AMBIGUOUS */
export async function printTrace(
  graph: GraphQLSchema,
  question: Question,
  code: string,
  { direction, producer }: { direction: TraceDirection; producer: string | null },
): Promise<PageOf | null> {
  const back = direction === 'BACK';
  const { lot } = await ask<Answer>(graph, question, DOCUMENT, { code, producer, direction, back });
  if (!lot) return null;
  const { trace, origin } = lot;
  const called = namesIn(lot);
  return {
    title: `${back ? 'Where lot' : 'What became of lot'} ${lot.code}${back ? ' came from' : ''}`,
    sections: [
      facts('The lot', [
        ['Code', lot.code],
        ['Producer', name(lot.producer)],
        ['Product', `${lot.product.name}, HTS ${lot.product.hts}`],
        ['Organic', yesOrNo(lot.product.organic)],
        ['Came to be by', words(lot.kind)],
        ['Produced on', text(lot.producedOn)],
        ['Country', text(lot.country)],
        ['Mass at birth', mass(lot.quantity.kilograms)],
        ['As it was stated', `${lot.quantity.value} ${lot.quantity.unit}`],
      ]),
      summaryOf(trace),
      list('Gaps', 'None was found.', trace.gaps, [
        ['Kind', ({ kind }) => words(kind)],
        ['Lot', called],
        ['On', ({ on }) => text(on)],
        ['In words', ({ message }) => message],
        ['Regulation', ({ rule }) => text(rule)],
      ]),
      ...(origin ? originOf(origin) : []),
      ...(back ? [] : [holdersOf(trace)]),
      list('Lots', 'None was met.', trace.lots, [
        ['No', (_, index) => String(index + 1)],
        ['Links', ({ depth }) => String(depth)],
        ['Lot', ({ lot: met }) => met?.code ?? 'withheld'],
        ['Product', ({ lot: met, withheld }) => met?.product.name ?? `class ${withheld!.productClass}`],
        ['Organic', ({ lot: met }) => (met ? yesOrNo(met.product.organic) : text(null))],
        ['Came to be', ({ lot: met }) => (met ? `${words(met.kind)}, ${text(met.producedOn)}` : text(null))],
        ['Country', ({ lot: met, withheld }) => text((met ?? withheld)!.country)],
        [
          'Producer',
          ({ lot: met, withheld }) => (withheld ? `withheld; certified: ${words(withheld.ownerCertified)}` : name(met?.producer)),
        ],
        ['Weighs', ({ lot: met }) => mass(met?.quantity.kilograms)],
        ['Of the first', ({ kilograms }) => mass(kilograms)],
        ['Share', (met) => share(met.share)],
      ]),
      list('Links', 'There are none.', trace.links, [
        ['From', ({ from }) => called({ lot: { ref: from, lot: null } })],
        ['Into', ({ to }) => called({ lot: { ref: to, lot: null } })],
        ['Mass', ({ kilograms }) => mass(kilograms)],
      ]),
      stepsOf(trace, called),
    ],
  };
}

/** How lots are called on the page: by their place in its list of lots, since several may share a code. The root has none. */
function namesIn({ code, trace }: Told): (row: { lot: MetSaid }) => string {
  const names = new Map(trace.lots.nodes.map(({ ref, lot }, index) => [ref, `${index + 1}: ${lot?.code ?? 'withheld'}`]));
  names.set(trace.rootRef, code);
  return ({ lot: { ref, lot } }) => names.get(ref) ?? `${lot?.code ?? 'a lot'}, not among the lots printed`;
}

const summaryOf = ({ complete, summary }: Told['trace']): Section =>
  facts('In short', [
    ['Complete', complete ? 'yes' : 'no: a limit, a right or a missing fact cut it; the gaps say which'],
    ['Lots met', String(summary.lots)],
    ['Producers and holders', String(summary.operations)],
    ['Links to the furthest lot', String(summary.depth)],
    ['Countries', together(summary.countries)],
    ['First and last day', `${text(summary.firstOn)} to ${text(summary.lastOn)}`],
    ['Travelled by', together(summary.modes.map(({ mode, legs }) => `${words(mode)}, ${legs} ${legs === 1 ? 'leg' : 'legs'}`))],
    ['Gaps', together(summary.gaps.map(({ kind, count }) => `${words(kind)}: ${count}`))],
  ]);

const originOf = ({ complete, unknown, countries, farms }: NonNullable<Told['origin']>): Section[] => [
  table('Origin by country', 'No country is known.', countries, [
    ['Country', ({ country }) => text(country)],
    ['Mass', ({ kilograms }) => mass(kilograms)],
    ['Share', (each) => share(each.share)],
  ]),
  list('Origin by farm', 'No farm is known.', farms, [
    ['Farm', ({ operation }) => operation?.name ?? 'withheld, together by country'],
    ['Country', ({ country }) => text(country)],
    ['Lots', ({ lots }) => String(lots)],
    ['Mass', ({ kilograms }) => mass(kilograms)],
    ['Share', (each) => share(each.share)],
  ]),
  facts('Origin that is not known', [
    ['Mass of unknown origin', mass(unknown)],
    ['Is every gram behind it known?', yesOrNo(complete)],
  ]),
];

const holdersOf = ({ holders }: Told['trace']): Section =>
  list('Who has it now', 'Nobody, as far as you see.', holders, [
    ['Holder', ({ operation }) => name(operation)],
    ['Lots', ({ lots }) => String(lots)],
    ['Holds of these lots', ({ held }) => mass(held)],
    ['Of that from the first lot', ({ fromRoot }) => mass(fromRoot)],
    ['On its way', ({ inTransit }) => mass(inTransit)],
  ]);

const stepsOf = ({ steps }: Told['trace'], called: (row: { lot: MetSaid }) => string): Section =>
  list('Steps', 'None is on record.', steps, [
    ['On', ({ on }) => text(on)],
    ['What', ({ kind }) => words(kind)],
    ['Lot', called],
    ['Mass', ({ kilograms }) => mass(kilograms)],
    ['Owner', ({ owner, certified }) => (certified ? `${name(owner)}; certified: ${words(certified)}` : name(owner))],
    ['From, to', ({ from, to }) => (from || to ? `${name(from)} to ${name(to)}` : text(null))],
    [
      'Way',
      ({ mode, fromPlace, toPlace }) =>
        mode || fromPlace || toPlace ? `${words(mode)}, ${place(fromPlace)} to ${place(toPlace)}` : text(null),
    ],
    [
      'Papers',
      ({ documents, importCertificate, shipment }) =>
        together([
          ...documents.map(({ type, number }) => `${words(type)} ${number}`),
          ...(importCertificate ? [`import certificate ${text(importCertificate.number)}`] : []),
          ...(shipment ? [`shipment ${shipment.reference}`] : []),
        ]),
    ],
  ]);
