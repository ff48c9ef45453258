import {
  CloseOut,
  CloseOutShipment,
  CustomsEntry,
  type Grams,
  ImportCertificate,
  Lot,
  Shipment,
  type UnreconciledKind,
  UnreconciledMass,
} from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { drawnOn, massOf, volumeOf } from '../certificates';
import { visibleLot } from '../lots';
import { type Question, seen } from '../questions';
import { visibleShipment } from '../shipments';
import { type EnteredLine, reconcile, reconcileBy } from './close-out';
import { drawsOf, visibleCustomsEntry } from './loaders';
import { shippedUnder } from './shipped-under';

/** What cannot be said by whoever does not see all the entries, or all the shipments: it may only seem so. */
const NEEDS_ENTRIES: ReadonlySet<UnreconciledKind> = new Set([
  'SHIPPED_NOT_ENTERED',
  'SHIPPED_ENTRY_CANCELLED',
  'ENTERED_LESS_THAN_SHIPPED',
]);
const NEEDS_SHIPMENTS: ReadonlySet<UnreconciledKind> = new Set(['ENTERED_NOT_SHIPPED', 'ENTERED_MORE_THAN_SHIPPED', 'LOT_ENTERED_TWICE']);

/** What is not said of a period to whoever does not see all of it, in words; null to whoever does. */
function withheldOf(seesEntries: boolean, seesShipments: boolean): string | null {
  if (seesEntries && seesShipments) return null;
  const what = [...(seesEntries ? [] : ['entries']), ...(seesShipments ? [] : ['shipments'])].join(' and ');
  return `You do not see all ${what} under the certificate: the sums are of those that you see, and what does not reconcile without the others is left out.`;
}

const sum = (all: readonly { grams: bigint }[]): Grams => all.reduce((total, { grams }) => total + grams, 0n) as Grams;

@Resolver(() => ImportCertificate)
export class CloseOutResolver {
  @FieldResolver(() => CloseOut, {
    nullable: true,
    description:
      'Of a certificate for a period: what was shipped and entered under it, side by side. Whoever has the certificate learns how much of each shipment was entered, and not by which entry. Null of one for a shipment.',
  })
  async closeOut(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<CloseOut | null> {
    const { id, kind, validFrom, validTo } = certificate;
    if (kind !== 'PERIOD') return null;
    const [mass, all, lines, drawn, whole] = await Promise.all([
      massOf(question, certificate),
      question.reader.loader(shippedUnder).load({ id, viewer: question.viewer }),
      question.reader.loader(drawsOf).load({ id, viewer: question.viewer }),
      seen(question, drawnOn, id),
      question.reader.loader(volumeOf).load(id),
    ]);
    const shipped = all.filter(({ isSeen }) => isSeen);
    const seesShipments = shipped.length === all.length;
    const seesEntries = drawn === whole.drawn;
    const entered = sum(lines.filter(({ cancelled }: EnteredLine) => !cancelled));
    const { shipments, unreconciled: found } = reconcile(shipped, lines, { validFrom, validTo, covered: mass });
    const unreconciled = found.filter(
      ({ kind: why }) => (seesEntries || !NEEDS_ENTRIES.has(why)) && (seesShipments || !NEEDS_SHIPMENTS.has(why)),
    );
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
      withheld: withheldOf(seesEntries, seesShipments),
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
