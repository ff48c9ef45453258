import { CursorScalar, Refusal } from '@lotline/schema';
import { Field, ObjectType } from 'type-graphql';
import type { Command, CommandInput } from '../commands';
import type { Question } from './question';

@ObjectType({ simpleResolvers: true, description: 'What a command has done.' })
export abstract class CommandPayload {
  @Field(() => CursorScalar, { description: 'Where the command stands in the log.' })
  cursor: string;
}

/** Carries out a mutation's command; what it reads afterwards sees the change. Paths of refusals begin at the argument `input`. */
export async function give<Input, Outcome>(
  question: Question,
  command: Command<Input, Outcome>,
  input: CommandInput,
): Promise<{ cursor: string; outcome: Outcome }> {
  try {
    const done = await question.runner.execute(command, question.viewer, [input], input.idempotencyKey);
    await question.reader.renew();
    return { cursor: question.cursors.encode(done.place, question.viewer.name), outcome: done.outcomes[0]! };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const reasons = error.reasons.map((reason) => (reason.path ? { ...reason, path: ['input', ...reason.path] } : reason));
    throw new Refusal(reasons, { retryable: error.retryable, cause: error });
  }
}
