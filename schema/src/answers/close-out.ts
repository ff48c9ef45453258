import { Field, Int, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { UnreconciledKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { DateScalar, KilogramsScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'A shipment that departed under a certificate for a period.' })
export class CloseOutShipment {
  shipmentId: string;

  @Field(() => DateScalar, { description: 'Local day on which it departed.' })
  departedOn: Day;

  @Field(() => KilogramsScalar, { description: 'Net mass shipped under the certificate.' })
  shipped: Grams;

  @Field(() => KilogramsScalar, {
    description:
      'Of that, what customs entries entered: by the lots that their lines name, else as far as there is any, first departed first.',
  })
  entered: Grams;
}

@ObjectType({ simpleResolvers: true, description: 'Mass of a period that does not reconcile.' })
export class UnreconciledMass {
  @Field(() => UnreconciledKind, { description: 'Why.' })
  kind: UnreconciledKind;

  @Field(() => KilogramsScalar, { description: 'How much.' })
  kilograms: Grams;

  @Field(() => String, { description: 'The same in words.' })
  message: string;

  @Field(() => Int, { nullable: true, description: 'Line of the entry.' })
  line: number | null;

  shipmentId: string | null;
  entryId: string | null;
  lotIds: string[];
}

@ObjectType({
  simpleResolvers: true,
  description:
    'A period at its end: what was estimated, shipped, entered and is left, and what does not reconcile. Of what is shipped and entered, as much as you see.',
})
export class CloseOut {
  @Field(() => KilogramsScalar, { description: 'Net mass that the certificate covers, as revised.' })
  estimated: Grams;

  @Field(() => KilogramsScalar, { description: 'Net mass that departed under it.' })
  shipped: Grams;

  @Field(() => KilogramsScalar, { description: 'Net mass that customs entries draw.' })
  entered: Grams;

  @Field(() => KilogramsScalar, { description: 'estimated - entered; negative where more was entered.' })
  remaining: Grams;

  @Field(() => [CloseOutShipment], { description: 'By shipment, first departed first.' })
  shipments: CloseOutShipment[];

  @Field(() => [UnreconciledMass], { description: 'What does not reconcile: shipments first, then lines of entries.' })
  unreconciled: UnreconciledMass[];

  @Field(() => DateScalar, {
    nullable: true,
    description: 'Day by which the actual net weights are reported: a week before the period ends. Null where no end is given.',
  })
  reconcileBy: Day | null;

  @Field(() => String, {
    nullable: true,
    description: 'What is not said here, in words: of whoever does not see all entries and shipments under it. Null where nothing is.',
  })
  withheld: string | null;
}
