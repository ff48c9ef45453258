import {
  AuditGrant,
  byteOrder,
  DateScalar,
  type Day,
  Document,
  EmergencyActionNotification,
  Holding,
  HoldingConnection,
  ImportCertificateLine,
  Lot,
  LotAdjustment,
  LotAdjustmentConnection,
  LotBalance,
  LotConnection,
  LotInput,
  LotInputConnection,
  Operation,
  Ownership,
  OwnershipConnection,
  type Page,
  ShippedLot,
  TransferOffer,
  today,
  toFactId,
} from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { isOpened, seesWhole } from '../access';
import { claimedOf } from '../certificates';
import { operationById } from '../operations';
import { linked, PageArguments, pageOfFacts, pageOfLinked, pageOfList, type Question, readPage, seen } from '../questions';
import { balanceOf, holdingsOn, ownershipOf, ownersOf } from './holdings';
import { LotFilter, listLots } from './list';
import { findLot, lotById, lotsOfDocuments, visibleLot } from './lookup';
import { factsSeen, lossesOf, shippedOf } from './movements';
import { usesOf } from './uses';

async function identifiersOf({ reader }: Question, ids: Iterable<string>): Promise<Map<string, string>> {
  const operations = await reader.loader(operationById).loadMany([...new Set(ids)]);
  return new Map(operations.flatMap((each) => (each instanceof Operation ? [[each.id, each.identifier]] : [])));
}

@Resolver(() => Lot)
export class LotResolver {
  @Query(() => Lot, {
    nullable: true,
    description:
      'By code; by producer as well (NOP ID or SCHEME:value) where several visible lots share the code, else the error AMBIGUOUS.',
  })
  lot(
    @Arg('code', () => String, { description: 'Its code, in its own letter case.' }) code: string,
    @Arg('producer', () => String, { nullable: true, description: 'NOP ID or SCHEME:value of its producer.' }) producer: string | null,
    @Ctx() question: Question,
  ): Promise<Lot | null> {
    return findLot(question, code, producer ?? null);
  }

  @Query(() => LotConnection, { description: 'Lots, oldest first.' })
  lots(
    @Arg('filter', () => LotFilter, { nullable: true, description: 'Only those that fit it.' }) filter: LotFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Lot>> {
    return listLots(question, 'lots', filter, page);
  }

  @FieldResolver(() => HoldingConnection, { description: 'Who has how much of it at the end of that day, today if absent.' })
  async holdings(
    @Root() lot: Lot,
    @Arg('asOf', () => DateScalar, { nullable: true, description: 'The end of that day; today where none is given.' }) asOf: Day | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Holding>> {
    const list = `holdings of ${lot.id}`;
    const request = readPage(question, list, page);
    const day = (request.after?.[0] as Day | undefined) ?? asOf ?? today();
    const { birth, movements } = await factsSeen(question, lot.id, request.known);
    const held = holdingsOn(birth ? lot : null, movements, day);
    const identifiers = await identifiersOf(
      question,
      held.map((each) => each.ownerId),
    );
    held.sort((a, b) => byteOrder(identifiers.get(a.ownerId)!, identifiers.get(b.ownerId)!));
    const holdings = held.map((each) => Object.assign(new Holding(), { lotId: lot.id, ...each }));
    return pageOfList(question, list, request, holdings, day);
  }

  @FieldResolver(() => OwnershipConnection, { description: 'Who owned it, oldest first.' })
  async ownership(@Root() lot: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Ownership>> {
    const list = `ownership of ${lot.id}`;
    const request = readPage(question, list, page);
    const day = (request.after?.[0] as Day | undefined) ?? today();
    const { birth, movements } = await factsSeen(question, lot.id, request.known);
    const acquisitions = ownershipOf(birth ? lot : null, movements, day);
    const identifiers = await identifiersOf(
      question,
      acquisitions.flatMap((each) => [each.ownerId, each.acquiredFromId ?? each.ownerId]),
    );
    const text = (id: string | null) => (id === null ? '' : identifiers.get(id)!);
    acquisitions.sort(
      (a, b) =>
        byteOrder(a.from ?? '', b.from ?? '') ||
        (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0) ||
        Number(a.fact !== null) - Number(b.fact !== null) ||
        byteOrder(text(a.ownerId), text(b.ownerId)) ||
        byteOrder(text(a.acquiredFromId), text(b.acquiredFromId)) ||
        byteOrder(a.fact ?? '', b.fact ?? ''),
    );
    const rows = acquisitions.map((each) =>
      Object.assign(new Ownership(), each, {
        fact: each.fact && toFactId('Transfer', each.fact),
        kilograms: each.grams,
        productId: lot.productId,
        heldTo: each.until ?? day,
      }),
    );
    return pageOfList(question, list, request, rows, day);
  }

  @FieldResolver(() => LotInputConnection, { description: 'What went into it.' })
  inputs(@Root() lot: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<LotInput>> {
    return usesOf(question, lot.id, 'inputs', page);
  }

  @FieldResolver(() => LotInputConnection, { description: 'What it went into.' })
  outputs(@Root() lot: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<LotInput>> {
    return usesOf(question, lot.id, 'outputs', page);
  }

  @FieldResolver(() => LotAdjustmentConnection, { description: 'What was lost of it, oldest first.' })
  losses(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<LotAdjustment>> {
    return pageOfFacts(question, `losses of ${id}`, page, (known) => seen(question, lossesOf, id, known));
  }

  @FieldResolver(() => LotBalance, { description: 'What became of its mass.' })
  async balance(@Root() lot: Lot, @Ctx() question: Question): Promise<LotBalance> {
    const facts = await factsSeen(question, lot.id, null);
    const owners = ownersOf(lot, facts.movements);
    const isOpen = await isOpened(question, lot.id);
    const whole = await Promise.all(owners.map((owner) => isOpen || seesWhole(question, owner, ['lot'])));
    const seenWhole = new Set(owners.filter((_, index) => whole[index]));
    return Object.assign(new LotBalance(), {
      born: lot.grams,
      ...balanceOf(lot, facts, seenWhole),
      shipped: await shippedOf(question, lot.id),
      claimed: await seen(question, claimedOf, lot.id),
    });
  }
}

@Resolver(() => LotInput)
export class LotInputLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot that took it.' })
  output(@Root() use: LotInput, @Ctx() question: Question): Promise<Lot | null> {
    return visibleLot(question, use.outputId);
  }

  @FieldResolver(() => Lot, { nullable: true, description: 'The lot it was taken from.' })
  input(@Root() use: LotInput, @Ctx() question: Question): Promise<Lot | null> {
    return visibleLot(question, use.inputId);
  }
}

@Resolver(() => ImportCertificateLine)
export class ImportCertificateLineLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot it names.' })
  lot(@Root() { lotId }: ImportCertificateLine, @Ctx() question: Question): Promise<Lot | null> | null {
    return lotId ? visibleLot(question, lotId) : null;
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot, where it is on one.' })
  lot(@Root() { lotId }: EmergencyActionNotification, @Ctx() question: Question): Promise<Lot | null> | null {
    return lotId ? visibleLot(question, lotId) : null;
  }
}

@Resolver(() => Document)
export class DocumentLotsResolver {
  @FieldResolver(() => LotConnection, { description: 'Lots that it names, oldest first.' })
  lots(@Root() { id }: Document, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Lot>> {
    return pageOfLinked(question, `lots of ${id}`, page, linked(question, lotsOfDocuments, id), lotById);
  }
}

@Resolver(() => ShippedLot)
export class ShippedLotLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot.' })
  lot(@Root() { lotId }: ShippedLot, @Ctx() question: Question): Promise<Lot | null> {
    return visibleLot(question, lotId);
  }
}

@Resolver(() => AuditGrant)
export class AuditGrantLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot whose chain is open; null where the viewer does not see it any more.' })
  lot(@Root() { lotId }: AuditGrant, @Ctx() question: Question): Promise<Lot | null> {
    return visibleLot(question, lotId);
  }
}

@Resolver(() => TransferOffer)
export class TransferOfferLotResolver {
  @FieldResolver(() => Lot, { nullable: true, description: 'The lot.' })
  lot(@Root() { lotId }: TransferOffer, @Ctx() question: Question): Promise<Lot | null> {
    return visibleLot(question, lotId);
  }
}

@Resolver(() => Operation)
export class OperationLotsResolver {
  @FieldResolver(() => LotConnection, { description: 'Lots it produced, oldest first.' })
  lots(
    @Root() operation: Operation,
    @Arg('filter', () => LotFilter, { nullable: true, description: 'Only those that fit it.' }) filter: LotFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Lot>> {
    return listLots(question, `lots of ${operation.id}`, filter, page, operation.id);
  }
}
