import { BrokerAssignment, BrokerAssignmentConnection, Operation, type Page } from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { seesAll } from '../access';
import { type Command, type CommandInput, INPUT } from '../commands';
import { type BatchOf, nounById } from '../database';
import { operationById } from '../operations';
import { CommandPayload, give, PageArguments, pageOfFacts, type Question } from '../questions';
import { AssignBrokerInput, assignBroker } from './assign-broker';
import { EndBrokerAssignmentInput, endBrokerAssignment, mayEnd } from './end-assignment';

// Brokers of importers: whoever is either side of an assignment sees it, and whoever sees everything.

const brokerAssignmentById = nounById(BrokerAssignment);

const isVisible = ({ viewer }: Question, assignment: BrokerAssignment): boolean => seesAll(viewer) || mayEnd(viewer, assignment) === null;

/** An assignment by id; null where there is none, or it is between others. */
export async function visibleBrokerAssignment(question: Question, id: string): Promise<BrokerAssignment | null> {
  const assignment = await question.reader.loader(brokerAssignmentById).load(id);
  return assignment && isVisible(question, assignment) ? assignment : null;
}

/** Assignments that operations gave or were given, oldest first. */
const assignmentsOf: BatchOf<string, BrokerAssignment[]> = async (reader, operations) => {
  const rows = await reader.query<{ id: string; operations: string[] }>(
    'select id, array[importer, broker] as operations from broker_assignment where importer = any($1) or broker = any($1) order by id',
    [operations],
  );
  const found = await reader.nouns(
    BrokerAssignment,
    rows.map(({ id }) => id),
  );
  const byId = new Map(found.map((each) => [each.id, each]));
  return operations.map((operation) => rows.filter((row) => row.operations.includes(operation)).flatMap(({ id }) => byId.get(id) ?? []));
};

@ObjectType({ simpleResolvers: true, description: 'What a command about a broker assignment has done.' })
abstract class BrokerAssignmentPayload extends CommandPayload {
  @Field(() => BrokerAssignment, { nullable: true, description: 'The assignment.' })
  brokerAssignment: BrokerAssignment | null;
}

@ObjectType({ simpleResolvers: true, description: 'The assignment that was made.' })
export class AssignBrokerPayload extends BrokerAssignmentPayload {}

@ObjectType({ simpleResolvers: true, description: 'The assignment that was ended.' })
export class EndBrokerAssignmentPayload extends BrokerAssignmentPayload {}

async function carriedOut<Input>(
  question: Question,
  command: Command<Input, { assignment: string }>,
  input: CommandInput,
): Promise<BrokerAssignmentPayload> {
  const { cursor, outcome } = await give(question, command, input);
  return { cursor, brokerAssignment: await question.reader.loader(brokerAssignmentById).load(outcome.assignment) };
}

@Resolver(() => BrokerAssignment)
export class BrokerAssignmentResolver {
  @FieldResolver(() => Operation, { nullable: true, description: 'Who assigned.' })
  importer(@Root() { importerId }: BrokerAssignment, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(importerId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who sees and acts for it.' })
  broker(@Root() { brokerId }: BrokerAssignment, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(brokerId);
  }

  @Mutation(() => AssignBrokerPayload, {
    nullable: true,
    description:
      'Lets a broker see and act for an importer, as far as the scopes go; the importer itself does. The broker sees each fact that the importer is itself a party to, about nouns in scope, and with COMMANDS gives its commands about them, but for those about keys, assignments and grants. It passes on to nobody: not to the keys of the broker, nor to who certifies it, nor to brokers of its own.',
  })
  assignBroker(
    @Arg('input', () => AssignBrokerInput, INPUT) input: AssignBrokerInput,
    @Ctx() question: Question,
  ): Promise<BrokerAssignmentPayload> {
    return carriedOut(question, assignBroker, input);
  }

  @Mutation(() => EndBrokerAssignmentPayload, { nullable: true, description: 'Ends an assignment at once; either side of it does.' })
  endBrokerAssignment(
    @Arg('input', () => EndBrokerAssignmentInput, INPUT) input: EndBrokerAssignmentInput,
    @Ctx() question: Question,
  ): Promise<BrokerAssignmentPayload> {
    return carriedOut(question, endBrokerAssignment, input);
  }
}

@Resolver(() => Operation)
export class OperationBrokerAssignmentsResolver {
  @FieldResolver(() => BrokerAssignmentConnection, {
    description:
      'Assignments that it gave as an importer or was given as a broker, ended ones included, oldest first: those in which the viewer is a side; all for who sees everything.',
  })
  brokerAssignments(
    @Root() { id }: Operation,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<BrokerAssignment>> {
    return pageOfFacts(question, `broker assignments of ${id}`, page, async () =>
      (await question.reader.loader(assignmentsOf).load(id)).filter((each) => isVisible(question, each)),
    );
  }
}
