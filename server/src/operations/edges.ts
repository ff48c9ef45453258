import {
  CertificationVerdict,
  Certifier,
  CustomsEntry,
  Document,
  HolderShare,
  Holding,
  ImportCertificate,
  ImportCertificateStatusFact,
  Lot,
  LotAdjustment,
  LotInput,
  Operation,
  type OperationCertificate,
  OperationCertificateConnection,
  OriginShare,
  Ownership,
  type Page,
  Shipment,
  TraceStep,
  TransferOffer,
} from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { PageArguments, pageOfLinked, type Question } from '../questions';
import { verdictOn, verdictOver } from '../rules';
import { certificatesOfDocuments, certifierById, operationById, operationCertificateById, standingOf } from './loaders';

// Edges that lead from other answers to operations, and the verdict on one where it owns something.

@Resolver(() => Lot)
export class LotProducerResolver {
  @FieldResolver(() => Operation, { description: 'Who produced it, and held it first.' })
  producer(@Root() lot: Lot, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(lot.producerId);
  }
}

@Resolver(() => LotInput)
export class LotInputHolderResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who used it.' })
  holder(@Root() use: LotInput, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(use.holderId);
  }
}

@Resolver(() => LotAdjustment)
export class LotAdjustmentHolderResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who held it.' })
  holder(@Root() loss: LotAdjustment, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(loss.holderId);
  }
}

@Resolver(() => Holding)
export class HoldingOperationResolver {
  @FieldResolver(() => Operation, { description: 'Who holds it.' })
  operation(@Root() holding: Holding, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(holding.ownerId);
  }
}

@Resolver(() => Ownership)
export class OwnershipOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who acquired it.' })
  owner(@Root() ownership: Ownership, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(ownership.ownerId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'From whom; null for a birth.' })
  acquiredFrom(@Root() ownership: Ownership, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return ownership.acquiredFromId ? reader.loader(operationById).load(ownership.acquiredFromId) : null;
  }

  @FieldResolver(() => CertificationVerdict, {
    description:
      'Was the owner certified for the product while it held some: the verdict of the first day on which it was not, else of its first day.',
  })
  async certified(@Root() { ownerId, productId, heldFrom, heldTo }: Ownership, @Ctx() { reader }: Question): Promise<CertificationVerdict> {
    return verdictOver(await reader.loader(standingOf).load(ownerId), productId, heldFrom, heldTo);
  }
}

@Resolver(() => HolderShare)
export class HolderShareOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who holds it.' })
  operation(@Root() holder: HolderShare, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return holder.operationId ? reader.loader(operationById).load(holder.operationId) : null;
  }
}

@Resolver(() => OriginShare)
export class OriginShareOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'The farm.' })
  operation(@Root() share: OriginShare, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return share.operationId ? reader.loader(operationById).load(share.operationId) : null;
  }
}

@Resolver(() => TraceStep)
export class TraceStepOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who owned it then.' })
  owner(@Root() { ownerId }: TraceStep, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return ownerId ? reader.loader(operationById).load(ownerId) : null;
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who gave it.' })
  from(@Root() { fromId }: TraceStep, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return fromId ? reader.loader(operationById).load(fromId) : null;
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who received it.' })
  to(@Root() { toId }: TraceStep, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return toId ? reader.loader(operationById).load(toId) : null;
  }

  @FieldResolver(() => CertificationVerdict, { nullable: true, description: 'Was the owner certified for this product on that day?' })
  async certified(@Root() { ownerId, productId, on }: TraceStep, @Ctx() { reader }: Question): Promise<CertificationVerdict | null> {
    return ownerId && on ? verdictOn(await reader.loader(standingOf).load(ownerId), productId, on) : null;
  }
}

@Resolver(() => Shipment)
export class ShipmentOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who sent it.' })
  shipper(@Root() { shipperId }: Shipment, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(shipperId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'To whom.' })
  consignee(@Root() { consigneeId }: Shipment, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(consigneeId);
  }
}

@Resolver(() => TransferOffer)
export class TransferOfferOperationResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who offers.' })
  sender(@Root() { senderId }: TransferOffer, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(senderId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'To whom.' })
  receiver(@Root() { receiverId }: TransferOffer, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(receiverId);
  }
}

@Resolver(() => Document)
export class DocumentIssuerResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who issued it.' })
  issuer(@Root() { issuerId }: Document, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(issuerId);
  }
}

@Resolver(() => Document)
export class DocumentOperationCertificatesResolver {
  @FieldResolver(() => OperationCertificateConnection, { description: 'Organic certificates that it is about, oldest first.' })
  operationCertificates(
    @Root() { id }: Document,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<OperationCertificate>> {
    const certificates = () => question.reader.loader(certificatesOfDocuments).load(id);
    return pageOfLinked(question, `certificates of ${id}`, page, certificates, operationCertificateById);
  }
}

const operationOf = ({ reader }: Question, id: string | null): Promise<Operation | null> | null =>
  id === null ? null : reader.loader(operationById).load(id);

@Resolver(() => ImportCertificate)
export class ImportCertificatePartiesResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Final certified exporter, who asked for it.' })
  exporter(@Root() { exporterId }: ImportCertificate, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, exporterId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Last certified operation that handled the goods before export.' })
  finalHandler(@Root() { finalHandlerId }: ImportCertificate, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, finalHandlerId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Certified importer.' })
  importer(@Root() { importerId }: ImportCertificate, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, importerId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Importer of record with customs, where it is another.' })
  importerOfRecord(@Root() { importerOfRecordId }: ImportCertificate, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, importerOfRecordId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Ultimate consignee, where it is another than the importer.' })
  consignee(@Root() { consigneeId }: ImportCertificate, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, consigneeId);
  }

  @FieldResolver(() => Certifier, { nullable: true, description: 'Who issues it.' })
  certifier(@Root() { certifierId }: ImportCertificate, @Ctx() { reader }: Question): Promise<Certifier | null> {
    return reader.loader(certifierById).load(certifierId);
  }
}

@Resolver(() => ImportCertificateStatusFact)
export class ImportCertificateRecipientResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'To whom it was handed over: the importer, or a broker.' })
  recipient(@Root() { recipientId }: ImportCertificateStatusFact, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, recipientId);
  }
}

@Resolver(() => CustomsEntry)
export class CustomsEntryFilerResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who filed it: the importer, or its broker.' })
  filer(@Root() { filerId }: CustomsEntry, @Ctx() question: Question): Promise<Operation | null> | null {
    return operationOf(question, filerId);
  }
}
