import {
  ChecklistStage,
  type Day,
  type DocumentType,
  ExpectedPaper,
  type ImportStage,
  type MarkedOrganic,
  type PaperStanding,
  today,
} from '@lotline/schema';
import { factVisible, seesAll, subjectVisible, type Viewer, withinScope } from '../access';
import { alike, type BatchOf, groupBy, type Reader } from '../database';
import { importProceduresOf, inForceOn } from '../documents';
import { CHECKLIST, type Expected, mustBeMarked } from '../rules';

// Which papers are there and which are missing, as a viewer sees an import certificate or a shipment.

/** Of what a checklist is. */
export interface Of {
  noun: 'import_certificate' | 'shipment';
  id: string;
  viewer: Viewer;
}

/** A paper about the certificate, its lots or its shipments; by one of the shipments where it is about that. */
interface FoundPaper {
  of: string;
  shipment: string | null;
  id: string;
  type: DocumentType;
  markedOrganic: MarkedOrganic;
  recordedBy: string;
}

interface Goods {
  of: string;
  importer: string;
  shipments: string[];
  held: boolean;
  /** Day on which the last shipment arrived. */
  arrivedOn: Day | null;
}

/** Stages of which a shipment by itself has papers. */
const OF_A_SHIPMENT: ReadonlySet<ImportStage> = new Set(['DEPARTURE', 'RECORDS']);

/** What a certificate or a shipment is about, as far as the viewer sees it. A key without the scope of a noun has no papers by it. */
function goodsOf({ noun, viewer }: Pick<Of, 'noun' | 'viewer'>): string {
  const lots = withinScope(viewer, 'Lot');
  const shipments = withinScope(viewer, 'Shipment');
  const entries = withinScope(viewer, 'CustomsEntry');
  const shipped = (shipment: string) => `${shipments} and x.retracted_by is null and ${factVisible(viewer, shipment, 'x.id')}`;
  const [subject, lot, ship] =
    noun === 'shipment'
      ? [
          'select s.id as of, s.consignee as importer from shipment s where s.id = any($1)',
          `select x.shipment as of, x.lot from shipped_lot x where x.shipment = any($1) and ${lots} and ${shipped('x.shipment')}`,
          'select s.id as of, s.id from shipment s where s.id = any($1)',
        ]
      : [
          'select c.id as of, c.importer from import_certificate c where c.id = any($1)',
          `select x.import_certificate as of, x.lot from import_certificate_line x where x.import_certificate = any($1) and x.lot is not null
             and x.retracted_by is null and ${lots} and ${factVisible(viewer, 'x.lot', 'x.id')}
           union select n.import_certificate, j.lot from customs_entry_line n join customs_entry_line_lot j on j.line = n.id
             where n.import_certificate = any($1) and n.retracted_by is null and ${lots && entries} and ${factVisible(viewer, 'j.lot', 'n.id')}`,
          `select distinct l.of, s.id from lots l join import_certificate c on c.id = l.of join shipped_lot x on x.lot = l.lot
             join shipment s on s.id = x.shipment and s.consignee in (c.importer, c.importer_of_record, c.consignee) where ${shipped('s.id')}`,
        ];
  return `subject as (${subject}), lots as materialized (${lot}), ships as materialized (${ship}),
    entries as (select distinct n.import_certificate as of, n.entry from customs_entry_line n
      where ${noun === 'import_certificate' && entries} and n.import_certificate = any($1) and n.retracted_by is null and ${subjectVisible(viewer, 'n.entry')}),
    actions as (select g.of, g.shipment, a.id from (select of, id as shipment, null::uuid as lot from ships union all select of, null, lot from lots) g
      join emergency_action a on a.shipment = g.shipment or a.lot = g.lot where ${entries} and ${subjectVisible(viewer, 'a.id')})`;
}

/** Papers of these, each by every way in which it is about them. */
const papersOf = (reader: Reader, of: Pick<Of, 'noun' | 'viewer'>, ids: readonly string[]): Promise<FoundPaper[]> =>
  reader.query<FoundPaper>(
    `with ${goodsOf(of)} select distinct k.of, k.shipment, d.id, d.type, d.marked_organic as "markedOrganic", d.recorded_by as "recordedBy" from (
       select l.import_certificate as of, null::uuid as shipment, l.document from document_link l where l.import_certificate = any($1) and l.retracted_by is null
       union all select g.of, null, l.document from lots g join document_link l on l.lot = g.lot and l.retracted_by is null
       union all select g.of, g.id, l.document from ships g join document_link l on l.shipment = g.id and l.retracted_by is null
       union all select g.of, null, l.document from entries g join document_link l on l.customs_entry = g.entry and l.retracted_by is null
       union all select g.of, g.shipment, l.document from actions g join document_link l on l.emergency_action = g.id and l.retracted_by is null
       union all select g.of, null, p.document from lots g join transfer t on t.lot = g.lot and t.retracted_by is null
         cross join lateral (select t.document union all select l.document from document_link l where l.transfer = t.id and l.retracted_by is null) p
         where p.document is not null and ${factVisible(of.viewer, 't.lot', 't.id')}
     ) k join document d on d.id = k.document where ${subjectVisible(of.viewer, 'd.id')} order by d.id`,
    [ids],
  );

const goods = (reader: Reader, of: Pick<Of, 'noun' | 'viewer'>, ids: readonly string[]): Promise<Goods[]> =>
  reader.query<Goods>(
    `with ${goodsOf(of)} select u.of, u.importer, array(select g.id from ships g where g.of = u.of order by g.id) as shipments,
       exists (select from actions a where a.of = u.of) as held,
       (select max(l.arrived_on)::text from ships g join shipment_leg l on l.shipment = g.id and l.retracted_by is null
         where g.of = u.of and ${factVisible(of.viewer, 'l.shipment', 'l.id')}) as "arrivedOn" from subject u`,
    [ids],
  );

/** The checklists of certificates and shipments, for all of an answer at once. */
export const checklistOf: BatchOf<Of, ChecklistStage[]> = async (reader, keys) => {
  const found = new Map<Of, ChecklistStage[]>();
  for (const group of alike(keys, ({ noun, viewer }) => [noun, viewer.name])) {
    const [of] = group;
    const ids = group.map(({ id }) => id);
    const papers = groupBy(await papersOf(reader, of!, ids), (paper) => paper.of);
    const about = new Map((await goods(reader, of!, ids)).map((each) => [each.of, each]));
    for (const key of group) found.set(key, await stagesOf(reader, key, about.get(key.id)!, papers.get(key.id) ?? []));
  }
  return keys.map((key) => found.get(key)!);
};

async function stagesOf(
  reader: Reader,
  { noun, id, viewer }: Of,
  { importer, shipments, held, arrivedOn }: Goods,
  papers: FoundPaper[],
): Promise<ChecklistStage[]> {
  const day = arrivedOn ?? today();
  const procedures =
    noun === 'shipment' ? [] : (await importProceduresOf({ reader, viewer }, importer)).filter((each) => inForceOn(each, day));
  const inForce = procedures.map(({ documentId, recordedBy }) => ({ id: documentId, recordedBy }));
  const expected = CHECKLIST.filter(
    ({ stage, ifHeld }) => (noun === 'import_certificate' || OF_A_SHIPMENT.has(stage)) && (!ifHeld || held),
  );
  const lacking: PaperStanding = seesAll(viewer) ? 'MISSING' : 'NOT_SEEN';
  const lists = expected.map((each): [ImportStage, ExpectedPaper] => {
    const { stage, types, required, rule, says, of } = each;
    const fitting = papers.filter(({ type }) => types.includes(type));
    const standing = of === 'IMPORTER' ? (inForce.length > 0 ? 'PRESENT' : lacking) : standingOf(each, fitting, shipments, lacking);
    const all = of === 'IMPORTER' ? inForce : fitting.map((paper) => ({ id: paper.id, recordedBy: paper.recordedBy }));
    const list = `papers of ${id} ${stage} ${types.join(' ')}`;
    return [stage, Object.assign(new ExpectedPaper(), { types, required, rule, says, standing, list, found: all })];
  });
  return [...groupBy(lists, ([stage]) => stage)].map(([stage, of]) => {
    const all = of.map(([, paper]) => paper);
    const missing = all.filter(({ required, standing }) => required && standing !== 'PRESENT').length;
    return Object.assign(new ChecklistStage(), { stage, missing, papers: all });
  });
}

const WORST_FIRST: readonly PaperStanding[] = ['MISSING', 'NOT_SEEN', 'NOT_MARKED_ORGANIC', 'PRESENT'];

/** Is a paper there; where each shipment must have its own, the worst of them. */
function standingOf({ of }: Expected, papers: readonly FoundPaper[], shipments: readonly string[], lacking: PaperStanding): PaperStanding {
  if (of !== 'EACH_SHIPMENT' || shipments.length === 0) return standing(papers, lacking);
  const each = shipments.map((shipment) =>
    standing(
      papers.filter((paper) => paper.shipment === shipment),
      lacking,
    ),
  );
  return WORST_FIRST.find((worst) => each.includes(worst))!;
}

function standing(papers: readonly FoundPaper[], lacking: PaperStanding): PaperStanding {
  if (papers.length === 0) return lacking;
  const isGood = ({ type, markedOrganic }: FoundPaper) => !mustBeMarked(type) || (markedOrganic !== 'NO' && markedOrganic !== 'UNKNOWN');
  return papers.some(isGood) ? 'PRESENT' : 'NOT_MARKED_ORGANIC';
}
