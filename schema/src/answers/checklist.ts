import { Field, Int, ObjectType } from 'type-graphql';
import { DocumentType, ImportStage, PaperStanding } from '../codes/lists';

@ObjectType({ simpleResolvers: true, description: 'A paper that is expected at a stage of an import.' })
export class ExpectedPaper {
  @Field(() => [DocumentType], { description: 'Any of these will do.' })
  types: readonly DocumentType[];

  @Field(() => Boolean, { description: 'Its absence breaks the rule; else it helps.' })
  required: boolean;

  @Field(() => String, { description: 'The regulation it is for, e.g. 7 CFR 205.273(a).' })
  rule: string;

  @Field(() => String, { description: 'What it shows.' })
  says: string;

  @Field(() => PaperStanding, { description: 'Is it there? Where each shipment must have its own, the worst of them.' })
  standing: PaperStanding;

  /** Names the list of its documents. */
  list: string;

  /** Documents of these types, each once. */
  found: readonly { id: string; recordedBy: string }[];
}

@ObjectType({ simpleResolvers: true, description: 'The papers of a stage of an import.' })
export class ChecklistStage {
  @Field(() => ImportStage, { description: 'The stage.' })
  stage: ImportStage;

  @Field(() => Int, { description: 'How many required papers are not there, or not marked organic, as far as you see.' })
  missing: number;

  @Field(() => [ExpectedPaper], { description: 'What is expected.' })
  papers: readonly ExpectedPaper[];
}
