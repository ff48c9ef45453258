import { CustomsEntry } from '@lotline/schema';
import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from 'type-graphql';
import { type Command, type CommandInput, INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { AmendCustomsEntryInput, amendCustomsEntry } from './amend-entry';
import { CancelCustomsEntryInput, cancelCustomsEntry } from './cancel-entry';
import { customsEntryById } from './loaders';
import { RecordCustomsEntryInput, recordCustomsEntry } from './record-entry';

@ObjectType({ simpleResolvers: true, description: 'What a command about a customs entry has done.' })
export abstract class CustomsEntryPayload extends CommandPayload {
  @Field(() => CustomsEntry, { nullable: true, description: 'The entry.' })
  customsEntry: CustomsEntry | null;
}

@ObjectType({ simpleResolvers: true, description: 'The entry that was recorded.' })
export class RecordCustomsEntryPayload extends CustomsEntryPayload {}

@ObjectType({ simpleResolvers: true, description: 'The entry that was amended.' })
export class AmendCustomsEntryPayload extends CustomsEntryPayload {}

@ObjectType({ simpleResolvers: true, description: 'The entry that was cancelled.' })
export class CancelCustomsEntryPayload extends CustomsEntryPayload {}

async function entered<Input>(
  question: Question,
  command: Command<Input, { customsEntry: string }>,
  input: CommandInput,
): Promise<CustomsEntryPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, customsEntry: await question.reader.loader(customsEntryById).load(outcome.customsEntry) };
}

@Resolver()
export class CustomsMutations {
  @Mutation(() => RecordCustomsEntryPayload, {
    nullable: true,
    description: 'Records an entry that was filed with customs, which draws on import certificates; the importer does, or its broker.',
  })
  recordCustomsEntry(
    @Arg('input', () => RecordCustomsEntryInput, INPUT) input: RecordCustomsEntryInput,
    @Ctx() question: Question,
  ): Promise<CustomsEntryPayload> {
    return entered(question, recordCustomsEntry, input);
  }

  @Mutation(() => AmendCustomsEntryPayload, {
    nullable: true,
    description: 'Puts other lines in the place of those of an entry, with a reason; its importer does, or its broker.',
  })
  amendCustomsEntry(
    @Arg('input', () => AmendCustomsEntryInput, INPUT) input: AmendCustomsEntryInput,
    @Ctx() question: Question,
  ): Promise<CustomsEntryPayload> {
    return entered(question, amendCustomsEntry, input);
  }

  @Mutation(() => CancelCustomsEntryPayload, {
    nullable: true,
    description: 'Takes an entry back whole, with a reason: what it drew is left again. Its importer does, or its broker.',
  })
  cancelCustomsEntry(
    @Arg('input', () => CancelCustomsEntryInput, INPUT) input: CancelCustomsEntryInput,
    @Ctx() question: Question,
  ): Promise<CustomsEntryPayload> {
    return entered(question, cancelCustomsEntry, input);
  }
}
