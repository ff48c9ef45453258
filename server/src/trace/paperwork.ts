import type { Day } from '@lotline/schema';
import { type Certificate, certificatesFor } from '../certificates';
import { type Drawn, type Entered, emergencyActionsOn, entriesOf, type Held, overdrawsOn } from '../customs';
import { type Paper, papersOf } from '../documents';
import { documentedMovements } from '../lots';
import type { Question } from '../questions';
import type { DrawOnCertificate } from '../rules';
import { type Carriage, underWay } from '../shipments';
import type { StoryFacts, TracedLot } from './facts';
import { type Counting, EVERYTHING, type Sight } from './sight';

/** The papers, certificates and entries that belong to the story of one lot. */
export interface LotPaperwork {
  /** Papers that count for the lot: those that name it, and those of its facts. */
  papers: readonly Paper[];
  /** Of these, those that belong to no other fact or certificate of the lot. */
  own: readonly Paper[];
  /** Certificates of which a line names the lot, or that an entry joins with it. */
  certificates: readonly Certificate[];
  /** Certificates with a line for its product without a lot, of somebody who shipped it. */
  forProduct: readonly Certificate[];
  /** What was drawn on those of its certificates on which more was drawn than they cover, as far as the viewer sees that itself. */
  draws: readonly DrawOnCertificate[];
  entries: readonly Entered[];
}

/** The paperwork of a story. */
export interface Paperwork {
  of(lot: string): LotPaperwork;
  /** Papers about a shipment or an import certificate. */
  about(noun: string): readonly Paper[];
  /** A paper by its id; null where it does not exist on the day asked for. */
  paper(id: string | null): Paper | null;
  /** Emergency actions on a lot or a shipment. */
  heldBy(noun: string): readonly Held[];
}

/** Papers, certificates and entries about lots and what carried them, whichever of these belong to a story. */
export interface PaperStore {
  /** Their papers and certificates, and the entries that drew on these, for which rights are asked. */
  subjects: readonly string[];
  certificates: Awaited<ReturnType<typeof certificatesFor>>;
  /** By certificate. */
  draws: ReadonlyMap<string, readonly Drawn[]>;
  entries: ReadonlyMap<string, readonly Entered[]>;
  papers: Awaited<ReturnType<typeof papersOf>>;
  held: ReadonlyMap<string, readonly Held[]>;
  documented: Awaited<ReturnType<typeof documentedMovements>>;
}

/** Reads all paperwork that a story may need, for all its lots at once. */
export async function readPapers(
  { reader, viewer }: Question,
  lots: readonly TracedLot[],
  facts: StoryFacts,
  asOf: Day | null,
): Promise<PaperStore> {
  const ids = lots.map(({ id }) => id);
  const shipments = new Set<string>();
  const exporters = new Set<string>();
  for (const carriages of facts.allCarriages.values())
    for (const { shipment, shipper } of carriages) {
      shipments.add(shipment);
      exporters.add(shipper);
    }
  const entries = await entriesOf(reader, ids, asOf);
  const certificates = await certificatesFor(
    reader,
    {
      lots: ids,
      products: [...new Set(lots.flatMap(({ organic, product }) => (organic ? [product] : [])))],
      exporters: [...exporters],
      ids: [...new Set([...entries.values()].flat().flatMap(({ certificate }) => certificate ?? []))],
    },
    asOf,
    viewer,
  );
  const draws = await overdrawsOn(reader, [...certificates.byId.keys()], asOf);
  const documented = await documentedMovements(reader, ids, asOf);
  const documents = new Set<string>();
  for (const all of documented.values()) for (const { document } of all) documents.add(document);
  for (const treated of [...facts.treatments.values(), ...[...facts.carriages.values()].flat().map(underWay)])
    for (const { document } of treated) if (document !== null) documents.add(document);
  const papers = await papersOf(
    reader,
    { lots: ids, shipments: [...shipments], importCertificates: [...certificates.byId.keys()], documents: [...documents] },
    asOf,
  );
  const held = await emergencyActionsOn(reader, { lots: ids, shipments: [...shipments] }, asOf, viewer);
  const drawing = new Set([...draws.values()].flat().map(({ entry }) => entry));
  const subjects = [...certificates.byId.keys(), ...papers.byId.keys(), ...drawing];
  return { subjects, certificates, draws, entries, papers, held, documented };
}

/** How much of the paperwork counts. */
export interface PaperView {
  facts: StoryFacts;
  counting: Counting;
  /** What is looked at. */
  sight: Sight;
  /** What the viewer sees itself. */
  own: Sight;
}

/**
 * The paperwork of a story. Where all facts of a lot count, so does what the viewer sees of its papers. Else a paper that names a lot counts
 * unless it belongs to a fact that was left out; an import certificate counts if its importer or consignee passed the lot on, an entry if
 * its certificate does or its filer is one of these.
 */
export function paperworkOf(store: PaperStore, lots: readonly TracedLot[], { facts, counting, sight, own }: PaperView): Paperwork {
  const { certificates, draws, entries, papers, held, documented } = store;
  const about = (noun: string) => (papers.about.get(noun) ?? []).filter(({ id }) => sight.seesSubject(id, 'DOCUMENTS'));
  const paperBy = (id: string | null): Paper | null =>
    id === null || !sight.seesSubject(id, 'DOCUMENTS') ? null : (papers.byId.get(id) ?? null);

  /** A certificate as far as it is seen: who does not know that it was voided takes it for live. */
  const told = (certificate: Certificate): Certificate[] => {
    const { id, live, seen } = certificate;
    if (sight === EVERYTHING) return [certificate];
    if (!seen.issued || !sight.seesSubject(id, 'IMPORT_CERTIFICATES')) return [];
    return [live || seen.voided ? certificate : { ...certificate, live: true }];
  };

  /** What was drawn on certificates is a sum: it runs over what the viewer sees itself, whatever lies behind that, and is said of no lot that it may not see. */
  const drawnOn = (lot: TracedLot, covering: readonly Certificate[]): DrawOnCertificate[] =>
    !own.seesSubject(lot.id)
      ? []
      : covering.flatMap(({ id, number }) =>
          (draws.get(id) ?? [])
            .filter(({ fact }) => own.sees(id, fact, 'IMPORT_CERTIFICATES'))
            .map(({ fact, entry, filedOn, ...each }) => ({
              ...each,
              number,
              on: filedOn,
              entry: own.sees(entry, fact, 'CUSTOMS_ENTRIES') ? entry : null,
            })),
        );

  const ofLot = (lot: TracedLot): LotPaperwork => {
    const movements = facts.movements.get(lot.id)!;
    const carriages = facts.carriages.get(lot.id) ?? [];
    const gave = new Set(movements.map(({ from }) => from));
    const all = counting.all(lot.id);
    const passedOn = (operation: string | null) => operation !== null && (gave.has(operation) || counting.whole(lot.id, operation));
    const counts = ({ id, importer, consignee }: Certificate) =>
      passedOn(importer) || passedOn(consignee) || (all && own.seesSubject(id, 'IMPORT_CERTIFICATES'));
    const seenEntries = (entries.get(lot.id) ?? []).filter(({ fact }) => sight.sees(lot.id, fact, 'CUSTOMS_ENTRIES'));

    const named = [
      ...(certificates.naming.get(lot.id) ?? []),
      ...seenEntries.flatMap(({ certificate }) => certificates.byId.get(certificate ?? '') ?? []),
    ].flatMap(told);
    const covering = [...new Map(named.map((each) => [each.id, each])).values()].filter(counts);
    const ofCertificates = new Set(covering.flatMap(({ id }) => about(id).map((paper) => paper.id)));
    const counted = papersOfFacts(lot.id, movements, carriages);
    const leftOut = new Set([
      ...(documented.get(lot.id) ?? []).flatMap(({ fact, document }) => (sight.sees(lot.id, fact) ? [document] : [])),
      ...(facts.allCarriages.get(lot.id) ?? []).flatMap((carriage) => [
        ...about(carriage.shipment).map(({ id }) => id),
        ...underWay(carriage).map(({ document }) => document),
      ]),
      ...named.flatMap((each) =>
        counts(each)
          ? []
          : about(each.id)
              .map(({ id }) => id)
              .filter((id) => !ofCertificates.has(id)),
      ),
    ]);
    const naming = about(lot.id).filter(({ id }) => !counted.has(id) && !leftOut.has(id) && (!all || own.seesSubject(id, 'DOCUMENTS')));
    const shippers = new Set(carriages.map(({ shipper }) => shipper));
    return {
      papers: [...counted.values(), ...naming],
      own: naming.filter(({ id }) => !ofCertificates.has(id)),
      certificates: covering,
      forProduct: (certificates.forProduct.get(lot.product) ?? [])
        .flatMap(told)
        .filter((each) => shippers.has(each.exporter) && counts(each)),
      draws: drawnOn(lot, covering),
      entries: seenEntries.filter(
        ({ fact, certificate, filer }) =>
          passedOn(filer) || covering.some(({ id }) => id === certificate) || (all && own.sees(lot.id, fact, 'CUSTOMS_ENTRIES')),
      ),
    };
  };

  /** Papers of the facts of a lot that count, each once. */
  const papersOfFacts = (lot: string, movements: readonly { document: string | null }[], carriages: readonly Carriage[]) => {
    const found = new Map<string, Paper>();
    const treatments = [...(facts.treatments.get(lot) ?? []), ...carriages.flatMap(underWay)];
    for (const { document } of [...movements, ...treatments]) {
      const paper = paperBy(document);
      if (paper) found.set(paper.id, paper);
    }
    for (const { shipment } of carriages) for (const paper of about(shipment)) found.set(paper.id, paper);
    return found;
  };

  const found = new Map(lots.map((lot) => [lot.id, ofLot(lot)]));
  return {
    of: (lot) => found.get(lot)!,
    about,
    paper: paperBy,
    heldBy: (noun) => (held.get(noun) ?? []).filter(({ id }) => sight.sees(noun, id, 'CUSTOMS_ENTRIES')),
  };
}
