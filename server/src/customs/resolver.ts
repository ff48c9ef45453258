import {
  CustomsEntry,
  CustomsEntryChange,
  CustomsEntryConnection,
  CustomsEntryLine,
  CustomsEntryLineConnection,
  DateScalar,
  type Day,
  Disposition,
  Document,
  EmergencyActionNotification,
  EmergencyActionNotificationConnection,
  ImportCertificate,
  Lot,
  type Page,
  Shipment,
} from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { nounsOfDocuments } from '../documents';
import { linked, PageArguments, pageOfFacts, pageOfLinked, type Question, seen } from '../questions';
import {
  customsEntryById,
  dispositionsOf,
  emergencyActionById,
  emergencyActionsOfLots,
  emergencyActionsOfShipments,
  entriesOfCertificates,
  historyOf,
  linesAt,
  linesOf,
  notifiedOn,
} from './loaders';

@Resolver(() => CustomsEntry)
export class CustomsEntryResolver {
  @FieldResolver(() => CustomsEntryLineConnection, { description: 'Its lines, by their numbers.' })
  lines(
    @Root() { id }: CustomsEntry,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<CustomsEntryLine>> {
    return pageOfFacts(question, `lines of ${id}`, page, (known) => seen(question, linesOf, id, known));
  }

  @FieldResolver(() => [CustomsEntryChange], { description: 'What was done with it, oldest first: its filing, and every change since.' })
  history(@Root() { id }: CustomsEntry, @Ctx() { reader, viewer }: Question): Promise<CustomsEntryChange[]> {
    return reader.loader(historyOf).load({ id, viewer });
  }

  @FieldResolver(() => DateScalar, { nullable: true, description: 'Local day on which it was cancelled; its history says why.' })
  async cancelledOn(@Root() { id }: CustomsEntry, @Ctx() { reader, viewer }: Question): Promise<Day | null> {
    const history = await reader.loader(historyOf).load({ id, viewer });
    return history.find(({ act }) => act === 'CANCELLED')?.on ?? null;
  }
}

@Resolver(() => CustomsEntryChange)
export class CustomsEntryChangeResolver {
  @FieldResolver(() => [CustomsEntryLine], { description: 'Its lines from then on, by their numbers; none of one that was cancelled.' })
  lines(
    @Root() { entryId, position }: CustomsEntryChange & { position: string },
    @Ctx() { reader, viewer }: Question,
  ): Promise<CustomsEntryLine[]> {
    return reader.loader(linesAt).load({ entry: entryId, position, viewer });
  }
}

@Resolver(() => ImportCertificate)
export class ImportCertificateEntriesResolver {
  @FieldResolver(() => CustomsEntryConnection, { description: 'Entries that draw on it, oldest first.' })
  customsEntries(
    @Root() { id }: ImportCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<CustomsEntry>> {
    return pageOfLinked(question, `entries of ${id}`, page, linked(question, entriesOfCertificates, id), customsEntryById);
  }
}

const entriesOfDocuments = nounsOfDocuments('customs_entry');
const emergencyActionsOfDocuments = nounsOfDocuments('emergency_action');

@Resolver(() => Document)
export class DocumentAtTheBorderResolver {
  @FieldResolver(() => CustomsEntryConnection, { description: 'Customs entries that it is about, oldest first.' })
  customsEntries(
    @Root() { id }: Document,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<CustomsEntry>> {
    return pageOfLinked(question, `entries of ${id}`, page, linked(question, entriesOfDocuments, id), customsEntryById);
  }

  @FieldResolver(() => EmergencyActionNotificationConnection, { description: 'Emergency actions that it is about, oldest first.' })
  emergencyActions(
    @Root() { id }: Document,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<EmergencyActionNotification>> {
    const actions = linked(question, emergencyActionsOfDocuments, id);
    return pageOfLinked(question, `emergency actions of ${id}`, page, actions, emergencyActionById);
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionResolver {
  @FieldResolver(() => DateScalar, { nullable: true, description: 'First day on which the certifier was told of it.' })
  certifierNotifiedOn(@Root() { id }: EmergencyActionNotification, @Ctx() { reader, viewer }: Question): Promise<Day | null> {
    return reader.loader(notifiedOn).load({ id, viewer });
  }

  @FieldResolver(() => [Disposition], { description: 'What became of the goods.' })
  dispositions(@Root() { id }: EmergencyActionNotification, @Ctx() { reader, viewer }: Question): Promise<Disposition[]> {
    return reader.loader(dispositionsOf).load({ id, viewer });
  }
}

@Resolver(() => Lot)
export class LotEmergencyActionsResolver {
  @FieldResolver(() => EmergencyActionNotificationConnection, { description: 'Emergency actions on the lot itself, oldest first.' })
  emergencyActions(
    @Root() { id }: Lot,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<EmergencyActionNotification>> {
    return pageOfLinked(question, `emergency actions of ${id}`, page, linked(question, emergencyActionsOfLots, id), emergencyActionById);
  }
}

@Resolver(() => Shipment)
export class ShipmentEmergencyActionsResolver {
  @FieldResolver(() => EmergencyActionNotificationConnection, { description: 'Emergency actions on it, oldest first.' })
  emergencyActions(
    @Root() { id }: Shipment,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<EmergencyActionNotification>> {
    const actions = linked(question, emergencyActionsOfShipments, id);
    return pageOfLinked(question, `emergency actions of ${id}`, page, actions, emergencyActionById);
  }
}
