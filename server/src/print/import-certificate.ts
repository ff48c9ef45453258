import { parseGlobalId } from '@lotline/schema';
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import type { Question } from '../questions';
import { ask } from './ask';
import type { PageOf, Section } from './page';
import { facts, type Listed, list, mass, type Named, name, type PlaceSaid, place, table, text, together, words, yesOrNo } from './words';

export interface CertificateSaid {
  number: string | null;
  kind: string;
  status: string;
  hts: string;
  origin: string | null;
  destination: string | null;
  standard: string | null;
  validFrom: string | null;
  validTo: string | null;
  neededBy: string | null;
  requestedOn: string | null;
  issuedOn: string | null;
  kilograms: string;
  exporter: PartySaid | null;
  finalHandler: PartySaid | null;
  importer: PartySaid | null;
  importerOfRecord: PartySaid | null;
  consignee: PartySaid | null;
  certifier: (Named & { code: string }) | null;
}

interface PartySaid extends Named {
  country: string;
  identifiers: readonly { scheme: string; value: string }[];
}

/** What stands at the head of everything that is printed of a certificate. */
const HEAD = `fragment Head on ImportCertificate {
  number kind status hts origin destination standard validFrom validTo neededBy requestedOn issuedOn kilograms
  exporter { ...Party } finalHandler { ...Party } importer { ...Party } importerOfRecord { ...Party } consignee { ...Party }
  certifier { code name }
}
fragment Party on Operation { name country identifiers { scheme value } }`;

/** A question about one certificate: by its number, or by its global id, as long as it has no number. @param rest fragment of what is asked */
export function certificateQuestion(rest: string): (asked: string) => { document: DocumentNode; variables: Record<string, string> } {
  const by = (type: string, lookup: string) =>
    parse(`query Printed($asked: ${type}!) { certificate: ${lookup} { ...Head ...Rest } }
${HEAD}
fragment Rest on ImportCertificate { ${rest} }`);
  const [byId, byNumber] = [by('ID', 'node(id: $asked)'), by('String', 'importCertificate(number: $asked)')];
  return (asked) => ({ document: parseGlobalId(asked, 'ImportCertificate').ok ? byId : byNumber, variables: { asked } });
}

const party = (operation: PartySaid | null): string =>
  operation
    ? `${operation.name}, ${operation.country}, ${together(operation.identifiers.map(({ scheme, value }) => `${scheme} ${value}`))}`
    : text(null);

/** Its number, or that it has none that the viewer sees. */
export const numberOf = ({ number }: CertificateSaid): string => number ?? 'without a number';

export const headOf = (certificate: CertificateSaid): Section[] => [
  facts('The certificate', [
    ['Number', text(certificate.number)],
    ['Status', words(certificate.status)],
    ['For', words(certificate.kind)],
    ['Net mass covered', mass(certificate.kilograms)],
    ['HTS code', certificate.hts],
    ['Origin', text(certificate.origin)],
    ['Destination', text(certificate.destination)],
    ['Standard', text(certificate.standard)],
    ['Valid from', text(certificate.validFrom)],
    ['Valid to', text(certificate.validTo)],
    ['Requested on', text(certificate.requestedOn)],
    ['Needed by', text(certificate.neededBy)],
    ['Issued on', text(certificate.issuedOn)],
  ]),
  facts('Parties', [
    ['Certifier', certificate.certifier ? `${certificate.certifier.name} (${certificate.certifier.code})` : text(null)],
    ['Exporter', party(certificate.exporter)],
    ['Final handler', party(certificate.finalHandler)],
    ['Importer', party(certificate.importer)],
    ['Importer of record', party(certificate.importerOfRecord)],
    ['Ultimate consignee', party(certificate.consignee)],
  ]),
];

interface LineSaid {
  kilograms: string;
  product: Named;
  lot: { code: string; producer: Named | null } | null;
  shipment: { reference: string } | null;
}

interface Answer {
  certificate:
    | (CertificateSaid & {
        drawn: string;
        remaining: string;
        transport: {
          mode: string;
          portOfLading: PlaceSaid;
          portOfEntry: PlaceSaid | null;
          departs: string;
          arrives: string | null;
        } | null;
        deadlines: {
          askedOn: string;
          businessDays: number | null;
          decidedBy: string | null;
          askBy: string | null;
          cutOff: string;
          verdict: string;
          reasons: string[];
        } | null;
        lines: Listed<LineSaid>;
        claims: Listed<LineSaid>;
        history: { at: string; status: string; reason: string | null; by: string | null; recipient: Named | null }[];
        revisions: { at: string; by: string; reason: string; changes: { field: string; from: string | null; to: string | null }[] }[];
        customsEntries: Listed<{ number: string; filedOn: string; cancelledOn: string | null; filer: Named | null }>;
        closeOut: {
          estimated: string;
          shipped: string;
          entered: string;
          remaining: string;
          reconcileBy: string | null;
          shipments: { departedOn: string; shipped: string; entered: string; shipment: { reference: string } | null }[];
          unreconciled: { kind: string; kilograms: string; message: string }[];
        } | null;
        arrivals: Listed<{
          on: string;
          by: Named | null;
          shipment: { reference: string } | null;
          answers: { check: string; verdict: string; words: string; findings: { message: string; rule: string }[] }[];
        }>;
        checklist: {
          stage: string;
          papers: { types: string[]; required: boolean; rule: string; says: string; standing: string }[];
        }[];
        documents: Listed<{
          type: string;
          number: string;
          issuedOn: string | null;
          markedOrganic: string;
          sha256: string | null;
          issuer: Named | null;
        }>;
        notices: { kind: string; due: string; message: string; rule: string }[];
      })
    | null;
}

const LINE = '{ totalCount nodes { kilograms product { name } lot { code producer { name } } shipment { reference } } }';

const questionAbout = certificateQuestion(`
  drawn remaining
  transport { mode portOfLading { name unLocode } portOfEntry { name unLocode } departs arrives }
  deadlines { askedOn businessDays decidedBy askBy cutOff verdict reasons }
  lines(first: 500) ${LINE}
  claims(first: 500) ${LINE}
  history { at status reason by recipient { name } }
  revisions { at by reason changes { field from to } }
  customsEntries(first: 500) { totalCount nodes { number filedOn cancelledOn filer { name } } }
  closeOut {
    estimated shipped entered remaining reconcileBy
    shipments { departedOn shipped entered shipment { reference } }
    unreconciled { kind kilograms message }
  }
  arrivals(first: 500) { totalCount nodes { on by { name } shipment { reference } answers { check verdict words findings { message rule } } } }
  checklist { stage papers { types required rule says standing } }
  documents(first: 500) { totalCount nodes { type number issuedOn markedOrganic sha256 issuer { name } } }
  notices { kind due message rule }`);

const lines = (heading: string, none: string, all: Listed<LineSaid>): Section =>
  list(heading, none, all, [
    ['Product', ({ product }) => product.name],
    ['Lot', ({ lot }) => text(lot?.code)],
    ['Produced by', ({ lot }) => name(lot?.producer)],
    ['Shipment', ({ shipment }) => text(shipment?.reference)],
    ['Net mass', ({ kilograms }) => mass(kilograms)],
  ]);

/** An import certificate as it stands; null where there is none, or the viewer may not see it. */
export async function printImportCertificate(graph: GraphQLSchema, question: Question, asked: string): Promise<PageOf | null> {
  const { document, variables } = questionAbout(asked);
  const { certificate } = await ask<Answer>(graph, question, document, variables);
  if (!certificate) return null;
  const { transport, deadlines, closeOut } = certificate;
  return {
    title: `Import certificate ${numberOf(certificate)}`,
    sections: [
      ...headOf(certificate),
      lines('What it covers', 'No line is on record.', certificate.lines),
      facts('What customs entries drew on it', [
        ['Covered', mass(certificate.kilograms)],
        ['Drawn', mass(certificate.drawn)],
        ['Remaining', mass(certificate.remaining)],
      ]),
      list('Customs entries', 'None is on record, or yours to see.', certificate.customsEntries, [
        ['Entry', ({ number }) => number],
        ['Filed on', ({ filedOn }) => filedOn],
        ['Cancelled on', ({ cancelledOn }) => text(cancelledOn)],
        ['Filer', ({ filer }) => name(filer)],
      ]),
      ...(certificate.kind === 'PERIOD' ? [lines('What it claimed as shipments departed', 'Nothing yet.', certificate.claims)] : []),
      ...(closeOut ? closingOf(closeOut) : []),
      ...(transport
        ? [
            facts('How the goods are to travel', [
              ['By', words(transport.mode)],
              ['Port of lading', place(transport.portOfLading)],
              ['Port of entry', place(transport.portOfEntry)],
              ['Departs', transport.departs],
              ['Arrives', text(transport.arrives)],
            ]),
          ]
        : []),
      ...(deadlines
        ? [
            facts(
              'Was it asked for early enough?',
              [
                ['Verdict', words(deadlines.verdict)],
                ['Asked on', deadlines.askedOn],
                ['Lead time of the certifier', deadlines.businessDays === null ? text(null) : `${deadlines.businessDays} business days`],
                ['Decided by', text(deadlines.decidedBy)],
                ['To be asked by', text(deadlines.askBy)],
                ['Filing cut-off', deadlines.cutOff],
              ],
              deadlines.reasons,
            ),
          ]
        : []),
      table('History', 'Nothing is on record.', certificate.history, [
        ['At', ({ at }) => at],
        ['Status', ({ status }) => words(status)],
        ['By', ({ by }) => text(by)],
        ['Reason', ({ reason }) => text(reason)],
        ['Handed over to', ({ recipient }) => name(recipient)],
      ]),
      table('Revisions', 'None.', certificate.revisions, [
        ['At', ({ at }) => at],
        ['By', ({ by }) => by],
        ['Reason', ({ reason }) => reason],
        ['What was changed', ({ changes }) => together(changes.map(({ field, from, to }) => `${field}: ${text(from)} to ${text(to)}`))],
      ]),
      list('Arrivals', 'None was verified.', certificate.arrivals, [
        ['On', ({ on }) => on],
        ['By', ({ by }) => name(by)],
        ['Shipment', ({ shipment }) => text(shipment?.reference)],
        ['Answers', ({ answers }) => together(answers.map((each) => `${words(each.check)}: ${words(each.verdict)} (${each.words})`))],
        [
          'On record against them',
          ({ answers }) => together(answers.flatMap(({ findings }) => findings.map(({ message, rule }) => `${message} (${rule})`))),
        ],
      ]),
      table(
        'Papers that are expected',
        'None.',
        certificate.checklist.flatMap(({ stage, papers }) => papers.map((paper) => ({ ...paper, stage }))),
        [
          ['Stage', ({ stage }) => words(stage)],
          ['Papers', ({ types }) => together(types.map(words))],
          ['Required', ({ required }) => yesOrNo(required)],
          ['Standing', ({ standing }) => words(standing)],
          ['What it shows', ({ says }) => says],
          ['Regulation', ({ rule }) => rule],
        ],
      ),
      list('Documents', 'None is on record, or yours to see.', certificate.documents, [
        ['Type', ({ type }) => words(type)],
        ['Number', ({ number }) => number],
        ['Issuer', ({ issuer }) => name(issuer)],
        ['Issued on', ({ issuedOn }) => text(issuedOn)],
        ['Marked organic', ({ markedOrganic }) => words(markedOrganic)],
        ['SHA-256', ({ sha256 }) => text(sha256)],
      ]),
      table('What fell due', 'Nothing.', certificate.notices, [
        ['Due', ({ due }) => due],
        ['What', ({ kind }) => words(kind)],
        ['In words', ({ message }) => message],
        ['Regulation', ({ rule }) => rule],
      ]),
    ],
  };
}

const closingOf = (closeOut: NonNullable<NonNullable<Answer['certificate']>['closeOut']>): Section[] => [
  facts('The period at its end', [
    ['Estimated', mass(closeOut.estimated)],
    ['Shipped', mass(closeOut.shipped)],
    ['Entered', mass(closeOut.entered)],
    ['Remaining', mass(closeOut.remaining)],
    ['Actual net weights are reported by', text(closeOut.reconcileBy)],
  ]),
  table('Shipments under it', 'None is on record, or yours to see.', closeOut.shipments, [
    ['Shipment', ({ shipment }) => text(shipment?.reference)],
    ['Departed on', ({ departedOn }) => departedOn],
    ['Shipped', ({ shipped }) => mass(shipped)],
    ['Entered', ({ entered }) => mass(entered)],
  ]),
  table('What does not reconcile', 'Everything does.', closeOut.unreconciled, [
    ['What', ({ kind }) => words(kind)],
    ['In words', ({ message }) => message],
    ['Mass', ({ kilograms }) => mass(kilograms)],
  ]),
];
