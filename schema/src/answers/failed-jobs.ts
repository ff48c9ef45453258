import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateTimeScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'A job that was tried in vain, and is tried no more until somebody says so.' })
export class FailedJob {
  @Field(() => ID, { description: 'What retryJob calls it.' })
  id: string;

  @Field(() => String, { description: 'What it does: notice, oid or ace.' })
  task: string;

  @Field(() => ID, { nullable: true, description: 'Global id of the noun that it concerns.' })
  subject: string | null;

  @Field(() => Int, { description: 'How often it was tried at most before it was dead.' })
  attempts: number;

  @Field(() => DateTimeScalar, { description: 'When it was tried last.' })
  failedAt: Date;

  @Field(() => String, { description: 'What was wrong then.' })
  message: string;
}

@ObjectType({ simpleResolvers: true, description: 'Jobs that were tried in vain.' })
export class FailedJobs {
  @Field(() => Int, { description: 'How many there are.' })
  totalCount: number;

  @Field(() => [FailedJob], { description: 'The oldest of them, 100 at most.' })
  jobs: FailedJob[];
}
