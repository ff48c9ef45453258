import { type Certifier, type ImportCertificate, type Lot, type Operation, type Product, toGlobalId, toKilograms } from '@lotline/schema';
import { type NounWithParties, visibleIds } from '../access';
import { drawnOn, historyOf, importCertificateById, massOf, numberOf } from '../certificates';
import { lotById } from '../lots';
import { certifierById, operationById } from '../operations';
import { productById } from '../products';
import { type Question, seen } from '../questions';
import { ALL_THERE, type Line, type Table } from './table';

// Every noun of a kind that the viewer sees, oldest first.

/** Nouns that are read at once. */
const PAGE = 1000;

/** Walks from page to page in id order; of a page nothing is kept when the next is read. */
async function* pagesOfNouns(
  { viewer, reader }: Question,
  noun: NounWithParties,
  line: (id: string) => Promise<Line>,
): AsyncGenerator<Line[]> {
  for (let after: string | null = null; ; ) {
    const sql = visibleIds(viewer, { noun, where: 'true', after: after && '$1::uuid', limit: PAGE, known: null });
    const ids: { id: string }[] = await reader.query<{ id: string }>(sql, after === null ? [] : [after]);
    if (ids.length === 0) return;
    yield Promise.all(ids.map(({ id }) => line(id)));
    if (ids.length < PAGE) return;
    after = ids.at(-1)!.id;
    reader.forget();
  }
}

export function lotsTable(question: Question): Table {
  const { reader } = question;
  const line = async (id: string): Promise<Line> => {
    const lot = (await reader.loader(lotById).load(id)) as Lot;
    const [producer, product] = (await Promise.all([
      reader.loader(operationById).load(lot.producerId),
      reader.loader(productById).load(lot.productId),
    ])) as [Operation, Product];
    return [
      'lot',
      toGlobalId('Lot', id),
      `${producer.identifier}/${lot.code}`,
      lot.code,
      producer.identifier,
      producer.name,
      product.name,
      product.hts,
      product.organic,
      lot.kind,
      lot.country,
      lot.producedOn,
      lot.value,
      lot.unit,
      toKilograms(lot.grams),
    ];
  };
  const columns = 'row,id,lot,code,producer,producerName,product,hts,organic,kind,country,producedOn,value,unit,kilograms'.split(',');
  return { name: 'lots', columns, pages: () => pagesOfNouns(question, 'lot', line), ending: async () => ALL_THERE };
}

export function certificatesTable(question: Question): Table {
  const { reader, viewer, notes } = question;
  const operation = async (id: string | null): Promise<[string | null, string | null]> => {
    const found = id === null ? null : ((await reader.loader(operationById).load(id)) as Operation);
    return [found?.identifier ?? null, found?.name ?? null];
  };
  const line = async (id: string): Promise<Line> => {
    const certificate = (await reader.loader(importCertificateById).load(id)) as ImportCertificate;
    notes.read('ImportCertificate', id);
    const [history, mass, drawn, number, certifier, exporter, finalHandler, importer, ofRecord, consignee] = await Promise.all([
      reader.loader(historyOf).load({ id, viewer }),
      massOf(question, certificate),
      seen(question, drawnOn, id),
      numberOf(question, certificate),
      reader.loader(certifierById).load(certificate.certifierId) as Promise<Certifier>,
      operation(certificate.exporterId),
      operation(certificate.finalHandlerId),
      operation(certificate.importerId),
      operation(certificate.importerOfRecordId),
      operation(certificate.consigneeId),
    ]);
    const dayOf = (status: 'REQUESTED' | 'ISSUED') => history.find((step) => step.status === status)?.onDay ?? null;
    return [
      'certificate',
      toGlobalId('ImportCertificate', id),
      number,
      certificate.kind,
      history.at(-1)!.status,
      ...exporter,
      ...finalHandler,
      ...importer,
      ...ofRecord,
      ...consignee,
      certifier.code,
      certificate.hts,
      certificate.origin,
      certificate.destination,
      certificate.standard,
      dayOf('REQUESTED'),
      dayOf('ISSUED'),
      certificate.validFrom,
      certificate.validTo,
      toKilograms(mass),
      toKilograms(drawn),
      toKilograms((mass - drawn) as typeof mass),
    ];
  };
  const columns =
    'row,id,number,kind,status,exporter,exporterName,finalHandler,finalHandlerName,importer,importerName,importerOfRecord,importerOfRecordName,consignee,consigneeName,certifier,hts,origin,destination,standard,requestedOn,issuedOn,validFrom,validTo,kilograms,drawn,remaining'.split(
      ',',
    );
  return { name: 'certificates', columns, pages: () => pagesOfNouns(question, 'import_certificate', line), ending: async () => ALL_THERE };
}
