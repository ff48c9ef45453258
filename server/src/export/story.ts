import {
  type Document,
  type ImportCertificate,
  type Operation,
  type Product,
  type Shipment,
  type TraceLot,
  toKilograms,
} from '@lotline/schema';
import { numberOf, visibleImportCertificate } from '../certificates';
import { documentById } from '../documents';
import { operationById, standingOf } from '../operations';
import { productById } from '../products';
import type { Question } from '../questions';
import { verdictOn } from '../rules';
import { shipmentById } from '../shipments';
import type { Chain, FoundGap, FoundStep, TracedLot } from '../trace';
import { type Ending, type Line, pagesOf, type Table } from './table';

// The story of a lot as tables: what the graph tells of it, to the same viewer, in the same order.

/** Kinds of gap by which a trace is not complete. */
const CUTTING = ['MISSING_INPUTS', 'WITHHELD', 'TRUNCATED'] as const;

async function endingOf(chain: Chain): Promise<Ending> {
  const gaps = await chain.gaps();
  const why = CUTTING.flatMap((kind) => {
    const own = gaps.filter((gap) => gap.kind === kind);
    if (own.length === 0) return [];
    return kind === 'TRUNCATED' ? [`${kind}: ${own[0]!.message}`] : [`${kind}: ${own.length} ${own.length === 1 ? 'gap' : 'gaps'}`];
  });
  return { complete: await chain.complete(), why };
}

/** What a trace calls a lot; null where it is withheld. */
const nameOf = (chain: Chain, lot: TracedLot): string | null => (chain.isWithheld(lot) ? null : `${lot.producerIdentifier}/${lot.code}`);

/** The root and the lots met, with the kinds of gap of each. */
export function traceTable(question: Question, chain: Chain, root: TracedLot): Table {
  const { reader } = question;
  async function* pages(): AsyncGenerator<Line[]> {
    const kinds = new Map<string, Set<string>>();
    for (const { lot, kind } of await chain.gaps()) kinds.set(lot.id, (kinds.get(lot.id) ?? new Set()).add(kind));
    yield* pagesOf([root, ...chain.reached], async (lot): Promise<Line> => {
      const answer = chain.answers.lot(lot);
      const [kilograms, share] = [toKilograms(await chain.massOf(lot)), await (answer.share as unknown as () => Promise<number>)()];
      const gaps = [...(kinds.get(lot.id) ?? [])].join(';') || null;
      if (answer.withheld) return withheldLine(answer, kilograms, share, gaps);
      const producer = (await reader.loader(operationById).load(lot.producer)) as Operation;
      const { name, organic } = (await reader.loader(productById).load(lot.product)) as Product;
      return [
        'lot',
        answer.ref,
        answer.depth,
        nameOf(chain, lot),
        lot.code,
        producer.identifier,
        producer.name,
        name,
        organic,
        lot.kind,
        lot.country,
        lot.producedOn,
        toKilograms(lot.grams),
        kilograms,
        share,
        null,
        gaps,
      ];
    });
  }
  const columns =
    'row,ref,depth,lot,code,producer,producerName,product,organic,kind,country,producedOn,quantity,kilograms,share,withheld,gaps'.split(
      ',',
    );
  return { name: 'trace', columns, pages, ending: () => endingOf(chain) };
}

/** Of a lot that is withheld its place, country, class of product and share are told. */
const withheldLine = ({ ref, depth, withheld }: TraceLot, kilograms: string, share: number, gaps: string | null): Line => {
  const { country, productClass } = withheld!;
  const unsaid = Array<null>(4).fill(null);
  return ['lot', ref, depth, ...unsaid, null, null, null, country, null, null, kilograms, share, productClass, gaps];
};

/** Mass from lot to lot. */
export function linksTable(chain: Chain): Table {
  async function* pages(): AsyncGenerator<Line[]> {
    yield* pagesOf(await chain.links(), (link): Line => {
      const { from, to, kilograms } = chain.answers.link(link);
      return ['link', from, nameOf(chain, chain.lot(link.input)), to, nameOf(chain, chain.lot(link.output)), toKilograms(kilograms)];
    });
  }
  return { name: 'links', columns: 'row,from,fromLot,to,toLot,kilograms'.split(','), pages, ending: () => endingOf(chain) };
}

/** What happened, in order. */
export function stepsTable(question: Question, chain: Chain): Table {
  const { reader, notes } = question;
  const operation = async (id: string | null): Promise<[string | null, string | null]> => {
    const found = id === null ? null : ((await reader.loader(operationById).load(id)) as Operation);
    return [found?.identifier ?? null, found?.name ?? null];
  };
  const paper = async (id: string): Promise<string> => {
    const { type, number } = (await reader.loader(documentById).load(id)) as Document;
    notes.read('Document', id);
    return `${type}/${number}`;
  };
  const certificateNumber = async (id: string | null): Promise<string | null> => {
    const certificate: ImportCertificate | null = id === null ? null : await visibleImportCertificate(question, id);
    if (!certificate) return null;
    notes.read('ImportCertificate', certificate.id);
    return numberOf(question, certificate);
  };
  const line = async (step: FoundStep): Promise<Line> => {
    const { kind, on, at, lot, owner, grams, shipment, leg } = step;
    const carried = shipment === null ? null : ((await reader.loader(shipmentById).load(shipment)) as Shipment);
    const papers = await Promise.all([...new Set(step.papers.map(({ id }) => id))].map(paper));
    return [
      'step',
      kind,
      on,
      at?.toISOString() ?? null,
      chain.refOf(lot.id),
      nameOf(chain, lot),
      grams === null ? null : toKilograms(grams),
      ...(await operation(owner)),
      owner && on ? verdictOn(await reader.loader(standingOf).load(owner), lot.product, on) : null,
      ...(await operation(step.from)),
      ...(await operation(step.to)),
      carried?.reference ?? null,
      leg?.mode ?? null,
      leg ? placeName(leg.from) : null,
      leg ? placeName(leg.to) : null,
      await certificateNumber(step.certificate),
      papers.join(';') || null,
    ];
  };
  async function* pages(): AsyncGenerator<Line[]> {
    yield* pagesOf(await chain.steps(), line);
  }
  const columns =
    'row,kind,on,at,ref,lot,kilograms,owner,ownerName,certified,from,fromName,to,toName,shipment,mode,fromPlace,toPlace,importCertificate,documents'.split(
      ',',
    );
  return { name: 'steps', columns, pages, ending: () => endingOf(chain) };
}

const placeName = ({ unLocode, name }: { unLocode: string | null; name: string }): string => (unLocode ? `${unLocode} ${name}` : name);

/** What is missing or wrong. */
export function gapsTable(chain: Chain): Table {
  const line = ({ kind, lot, on, message, rule }: FoundGap): Line => [
    'gap',
    kind,
    chain.refOf(lot.id),
    nameOf(chain, lot),
    on,
    message,
    rule,
  ];
  async function* pages(): AsyncGenerator<Line[]> {
    yield* pagesOf(await chain.gaps(), line);
  }
  return { name: 'gaps', columns: 'row,kind,ref,lot,on,message,rule'.split(','), pages, ending: () => endingOf(chain) };
}
