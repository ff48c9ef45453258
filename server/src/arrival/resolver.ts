import {
  Arrival,
  ArrivalAnswer,
  ArrivalConnection,
  ArrivalFinding,
  Certifier,
  CertifierNotice,
  Document,
  EmergencyActionNotification,
  ImportCertificate,
  Operation,
  type Page,
  Shipment,
} from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { visibleImportCertificate } from '../certificates';
import { visibleDocument } from '../documents';
import { certifierById, operationById, visibleOperation } from '../operations';
import { PageArguments, pageOfFacts, type Question, seen } from '../questions';
import { visibleShipment } from '../shipments';
import { Asked, findingsOf } from './findings';
import { arrivalsOfCertificates, arrivalsOfShipments, noticesToCertifiers } from './loaders';

@Resolver(() => ImportCertificate)
export class ImportCertificateArrivalsResolver {
  @FieldResolver(() => ArrivalConnection, { description: 'What the importer verified of what arrived under it, oldest first.' })
  arrivals(
    @Root() { id }: ImportCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Arrival>> {
    return pageOfFacts(question, `arrivals under ${id}`, page, (known) => seen(question, arrivalsOfCertificates, id, known));
  }
}

@Resolver(() => Shipment)
export class ShipmentArrivalsResolver {
  @FieldResolver(() => ArrivalConnection, { description: 'What was verified of it when it arrived, oldest first.' })
  arrivals(@Root() { id }: Shipment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Arrival>> {
    return pageOfFacts(question, `arrivals of ${id}`, page, (known) => seen(question, arrivalsOfShipments, id, known));
  }
}

@Resolver(() => Arrival)
export class ArrivalResolver {
  @FieldResolver(() => ImportCertificate, { nullable: true, description: 'The certificate that it arrived under.' })
  importCertificate(@Root() { importCertificateId }: Arrival, @Ctx() question: Question): Promise<ImportCertificate | null> | null {
    return importCertificateId === null ? null : visibleImportCertificate(question, importCertificateId);
  }

  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment; null where it was verified for all of the certificate.' })
  shipment(@Root() { shipmentId }: Arrival, @Ctx() question: Question): Promise<Shipment | null> | null {
    return shipmentId === null ? null : visibleShipment(question, shipmentId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who verified it.' })
  by(@Root() { madeById }: Arrival, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(madeById);
  }

  @FieldResolver(() => [ArrivalAnswer], { description: 'Its answers, in the order of the checks.' })
  answers(@Root() arrival: Arrival): ArrivalAnswer[] {
    return arrival.answers.map((answer) => Object.assign(new ArrivalAnswer(), answer, { of: arrival }));
  }
}

@Resolver(() => ArrivalAnswer)
export class ArrivalAnswerResolver {
  @FieldResolver(() => [Document], { description: 'The papers that show it, as far as you see them.' })
  async documents(@Root() { documentIds }: ArrivalAnswer, @Ctx() question: Question): Promise<Document[]> {
    const found = await Promise.all(documentIds.map((id) => visibleDocument(question, id)));
    return found.filter((document) => document !== null);
  }

  @FieldResolver(() => [ArrivalFinding], { description: 'What is on record now that speaks against the answer YES, as far as you see it.' })
  async findings(@Root() { check, of }: ArrivalAnswer, @Ctx() question: Question): Promise<ArrivalFinding[]> {
    return (await question.reader.loader(findingsOf).load(new Asked(question, of)))[check];
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionCertifierResolver {
  @FieldResolver(() => [CertifierNotice], { description: 'When certifiers were told of it, earliest first.' })
  certifierNotices(@Root() { id }: EmergencyActionNotification, @Ctx() { reader, viewer }: Question): Promise<CertifierNotice[]> {
    return reader.loader(noticesToCertifiers).load({ id, viewer });
  }

  @FieldResolver(() => Operation, {
    nullable: true,
    description: 'Who told of it: the importer, the consignee or the filer; null where it was reported from outside.',
  })
  recordedFor(@Root() { madeById }: EmergencyActionNotification, @Ctx() question: Question): Promise<Operation | null> | null {
    return madeById === null ? null : visibleOperation(question, madeById);
  }
}

@Resolver(() => CertifierNotice)
export class CertifierNoticeResolver {
  @FieldResolver(() => Certifier, { nullable: true, description: 'Who was told; null where it was reported from outside.' })
  certifier(@Root() { certifierId }: CertifierNotice, @Ctx() { reader }: Question): Promise<Certifier | null> | null {
    return certifierId === null ? null : reader.loader(certifierById).load(certifierId);
  }
}
