import {
  CertificationVerdict,
  HolderShare,
  Holding,
  Lot,
  LotInput,
  Operation,
  OriginShare,
  Ownership,
  Shipment,
  TraceStep,
} from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { Question } from '../questions';
import { verdictOn, verdictOver } from '../rules';
import { operationById, standingOf } from './loaders';

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
