import {
  CloseOut,
  CloseOutShipment,
  CustomsEntry,
  type Grams,
  ImportCertificate,
  type ImportCertificateLine,
  Lot,
  Shipment,
  UnreconciledMass,
} from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { claimsOf, massOf } from '../certificates';
import { visibleLot } from '../lots';
import { type Question, seen } from '../questions';
import { visibleShipment } from '../shipments';
import { type EnteredLine, reconcile, reconcileBy, type Shipped } from './close-out';
import { drawsOf, visibleCustomsEntry } from './loaders';

const shippedBy = ({ lotId, shipmentId, onDay, grams }: ImportCertificateLine): Shipped => ({
  lot: lotId!,
  shipment: shipmentId!,
  on: onDay!,
  grams,
});

const sum = (all: readonly { grams: bigint }[]): Grams => all.reduce((total, { grams }) => total + grams, 0n) as Grams;

@Resolver(() => ImportCertificate)
export class CloseOutResolver {
  @FieldResolver(() => CloseOut, {
    nullable: true,
    description:
      'Of a certificate for a period: what was shipped and entered under it, side by side. Whoever has the certificate learns how much of each shipment was entered, and not by which entry. Null of one for a shipment.',
  })
  async closeOut(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<CloseOut | null> {
    const { id, kind, validTo } = certificate;
    if (kind !== 'PERIOD') return null;
    const [mass, claims, lines] = await Promise.all([
      massOf(question, certificate),
      seen(question, claimsOf, id),
      question.reader.loader(drawsOf).load({ id, viewer: question.viewer }),
    ]);
    const shipped = claims.map(shippedBy).sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
    const entered = sum(lines.filter(({ cancelled }: EnteredLine) => !cancelled));
    const { shipments, unreconciled } = reconcile(shipped, lines, validTo);
    return Object.assign(new CloseOut(), {
      estimated: mass,
      shipped: sum(shipped),
      entered,
      remaining: (mass - entered) as Grams,
      shipments: shipments.map(({ shipment, ...row }) => Object.assign(new CloseOutShipment(), { ...row, shipmentId: shipment })),
      unreconciled: unreconciled.map(({ shipment, entry, lots, grams, ...row }) =>
        Object.assign(new UnreconciledMass(), { ...row, kilograms: grams, shipmentId: shipment, entryId: entry, lotIds: lots }),
      ),
      reconcileBy: reconcileBy(validTo),
    });
  }
}

@Resolver(() => CloseOutShipment)
export class CloseOutShipmentResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment; null where you may not see it.' })
  shipment(@Root() { shipmentId }: CloseOutShipment, @Ctx() question: Question): Promise<Shipment | null> {
    return visibleShipment(question, shipmentId);
  }
}

@Resolver(() => UnreconciledMass)
export class UnreconciledMassResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment; null of a line of an entry, or where you may not see it.' })
  shipment(@Root() { shipmentId }: UnreconciledMass, @Ctx() question: Question): Promise<Shipment | null> | null {
    return shipmentId === null ? null : visibleShipment(question, shipmentId);
  }

  @FieldResolver(() => CustomsEntry, {
    nullable: true,
    description: 'The entry; of a shipment the one that was cancelled. Null where there is none, or you may not see it.',
  })
  customsEntry(@Root() { entryId }: UnreconciledMass, @Ctx() question: Question): Promise<CustomsEntry | null> | null {
    return entryId === null ? null : visibleCustomsEntry(question, entryId);
  }

  @FieldResolver(() => [Lot], { description: 'The lots, of those that you may see.' })
  async lots(@Root() { lotIds }: UnreconciledMass, @Ctx() question: Question): Promise<Lot[]> {
    return (await Promise.all(lotIds.map((id) => visibleLot(question, id)))).filter((lot) => lot !== null);
  }
}
