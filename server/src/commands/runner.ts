import { createHash } from 'node:crypto';
import { type LogEvent, parseText, type Reason, Refusal } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { Viewer } from '../access';
import {
  type Connection,
  type Database,
  type Deadline,
  explain,
  isLate,
  isRetryable,
  type Position,
  Reader,
  StatementTimer,
  Transaction,
} from '../database';
import { keepGrants } from '../journal';
import { commitCommand, type Place, writeEvents } from '../log';
import { inSpan, type Meters } from '../telemetry';
import type { Command, Follow, Work } from './command';
import { reasonsOf } from './fields';
import { claimKey } from './idempotency';

/** A command that was carried out, now or when its key was first used. */
export interface Done<Outcome> {
  /** Where it stands in the log; of a command that changed nothing, the state it found. */
  place: Place;
  outcomes: Outcome[];
}

export interface ExecuteOptions {
  /** Checks everything, laws included, and stores nothing. */
  dryRun?: boolean;
}

interface Attempt<Input, Outcome> extends ExecuteOptions {
  command: Command<Input, Outcome>;
  viewer: Viewer;
  rows: readonly Input[];
  key: string;
  inputHash: Buffer;
}

const ATTEMPTS = 5;

/** Every change of what is on record goes through here. */
export class Runner {
  /**
   * @param follow what follows from events, in the transaction of their command
   * @param meters hears how long commands take
   */
  constructor(
    private readonly database: Database,
    private readonly follow: readonly Follow[] = [],
    private readonly meters: Pick<Meters, 'commanded'> | null = null,
    private readonly deadline?: Deadline,
  ) {}

  /** The same, for commands that must be carried out by then, or not at all. */
  within(deadline: Deadline): Runner {
    return new Runner(this.database, this.follow, this.meters, deadline);
  }

  /**
   * Carries out a command, all or nothing.
   * @param inputs a batch; a mutation's is of one
   * @param key the caller's idempotency key: the same key with the same input gives the same outcome again
   * @throws Refusal with every reason; nothing has changed then
   */
  async execute<Input, Outcome>(
    command: Command<Input, Outcome>,
    viewer: Viewer,
    inputs: readonly unknown[],
    key: string,
    options: ExecuteOptions = {},
  ): Promise<Done<Outcome>> {
    const rows = parseInputs(command, inputs);
    const parsedKey = parseText(key, 200);
    if (!parsedKey.ok)
      throw new Refusal({
        code: 'BAD_USER_INPUT',
        message: `idempotencyKey: ${parsedKey.wrong}`,
        path: ['idempotencyKey'],
        remedy: parsedKey.remedy,
      });
    const inputHash = createHash('sha256').update(command.name).update(JSON.stringify(inputs)).digest();

    return this.measured({ command, viewer, rows, key: parsedKey.value, inputHash, ...options });
  }

  /** Lets the planner know what a very large command has written. */
  async refreshStatistics(): Promise<void> {
    await this.database.query('analyze');
  }

  /** Carries it out, and says how long that took and how it ended. */
  private async measured<Input, Outcome>(given: Attempt<Input, Outcome>): Promise<Done<Outcome>> {
    const { name } = given.command;
    const begun = performance.now();
    let attempts = 0;
    const tell = (outcome: 'done' | 'refused' | 'failed') =>
      this.meters?.commanded(name, outcome, (performance.now() - begun) / 1000, attempts);
    try {
      const done = await inSpan(`command ${name}`, { attributes: { 'lotline.command': name, 'lotline.rows': given.rows.length } }, (say) =>
        this.again(given, (attempt) => {
          attempts = attempt;
          say({ 'lotline.attempts': attempt });
        }),
      );
      tell('done');
      return done;
    } catch (error) {
      tell(error instanceof Refusal ? 'refused' : 'failed');
      throw error;
    }
  }

  /** Attempts it until nobody is in its way. */
  private async again<Input, Outcome>(given: Attempt<Input, Outcome>, begins: (attempt: number) => void): Promise<Done<Outcome>> {
    for (let attempt = 1; ; attempt++) {
      begins(attempt);
      try {
        return await this.attempt(given);
      } catch (error) {
        if (!isRetryable(error) || attempt === ATTEMPTS) {
          if (isRetryable(error))
            throw new Refusal(
              { code: 'BUSY', message: 'others are changing the same lots', remedy: 'try again' },
              { retryable: true, cause: error },
            );
          throw this.deadline && isLate(explain(error)) ? tookTooLong(error) : explain(error);
        }
        await new Promise((done) => setTimeout(done, Math.random() * 20 * 2 ** attempt));
      }
    }
  }

  private async attempt<Input, Outcome>(attempt: Attempt<Input, Outcome>): Promise<Done<Outcome>> {
    const connecting = this.database.connect();
    const connection = await (this.deadline ? this.deadline.during(connecting, (late) => late.release()) : connecting);
    let broken: Error | undefined;
    try {
      return await carryOut(connection, attempt, this.follow, this.deadline);
    } catch (error) {
      await connection.client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      await connection.release(broken);
    }
  }
}

async function carryOut<Input, Outcome>(
  connection: Connection,
  { command, viewer, rows, key, inputHash, dryRun }: Attempt<Input, Outcome>,
  follow: readonly Follow[],
  deadline?: Deadline,
): Promise<Done<Outcome>> {
  const { client } = connection;
  const timer = deadline && new StatementTimer(client, deadline);
  const tx = new Transaction(client, timer);
  const id = uuidv7();
  const now = new Date();
  await client.query(`begin isolation level read committed${timer ? `; set local statement_timeout = ${timer.begin()}` : ''}`);

  const earlier = await claimKey<Outcome>(tx, { caller: viewer.name, key, inputHash, command: id, at: now });
  if (earlier) {
    await client.query('rollback');
    return earlier;
  }

  const reasons: Reason[] = [];
  const events: LogEvent[] = [];
  const refuseIfAny = () => {
    if (reasons.length > 0) throw new Refusal(reasons);
  };
  const work: Work = {
    command: id,
    tx,
    reader: new Reader(connection, { deadline }),
    now,
    viewer,
    reported: command.reported ?? false,
    emit: (event) => events.push(event),
    refuse: (row, reason) => reasons.push(rows.length === 1 ? reason : { ...reason, path: [row, ...(reason.path ?? [])] }),
    check: refuseIfAny,
  };
  rows.forEach((row, index) => {
    const reason = command.may(viewer, row);
    if (reason) work.refuse(index, reason);
  });
  refuseIfAny();
  const outcomes = await command.run(work, rows);
  refuseIfAny();
  if (dryRun || events.length === 0) {
    await timer?.before();
    await client.query('set constraints all immediate');
    const [state] = await tx.query<{ position: string; command: string | null }>('select position, command from log_counter');
    await client.query('rollback');
    return { place: { position: BigInt(state!.position) as Position, command: state!.command, told: null }, outcomes };
  }

  await writeEvents(tx, id, events);
  for (const each of follow) await each(work, events);
  refuseIfAny();
  await keepGrants(tx, viewer, now, events);
  await tx.query('update idempotency_key set outcome = $3 where caller = $1 and key = $2', [viewer.name, key, JSON.stringify(outcomes)]);
  await timer?.before();
  const position = await commitCommand(client, { id, type: command.name, at: now, by: viewer.name, key, inputHash });
  return { place: { position, command: id, told: null }, outcomes };
}

/** Nothing of it was carried out: it was rolled back. */
const tookTooLong = (cause: unknown): Refusal =>
  new Refusal(
    { code: 'TIMED_OUT', message: 'the command took too long; nothing was changed', remedy: 'try again with the same idempotencyKey' },
    { retryable: true, cause },
  );

function parseInputs<Input>(command: Command<Input, unknown>, inputs: readonly unknown[]): Input[] {
  const reasons: Reason[] = [];
  const rows = inputs.flatMap((input, index) => {
    const parsed = command.input.safeParse(input);
    if (parsed.success) return [parsed.data];
    reasons.push(...reasonsOf(parsed.error, inputs.length === 1 ? [] : [index]));
    return [];
  });
  if (reasons.length > 0) throw new Refusal(reasons);
  return rows;
}
