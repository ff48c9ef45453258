import { FailedJobs } from '@lotline/schema';
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { INPUT } from '../commands';
import { CommandPayload, give, type Question } from '../questions';
import { failedJobs } from './failed';
import { RetryJobInput, retryJob } from './retry-job';

@ObjectType({ simpleResolvers: true, description: 'The job that is tried again.' })
export class RetryJobPayload extends CommandPayload {
  @Field(() => ID, { description: 'The job.' })
  job: string;
}

@Resolver()
export class JobsResolver {
  @Query(() => FailedJobs, {
    nullable: true,
    description: 'What was to be done later and was tried in vain: for an administrator; null for everybody else.',
  })
  failedJobs(@Ctx() { reader, viewer }: Question): Promise<FailedJobs> | null {
    return viewer.kind === 'ADMINISTRATOR' ? failedJobs(reader) : null;
  }

  @Mutation(() => RetryJobPayload, { nullable: true, description: 'Has a failed job tried again at once; an administrator does.' })
  async retryJob(@Arg('input', () => RetryJobInput, INPUT) input: RetryJobInput, @Ctx() question: Question): Promise<RetryJobPayload> {
    const { cursor, outcome } = await give(question, retryJob, input);
    return { cursor, job: outcome.job };
  }
}
