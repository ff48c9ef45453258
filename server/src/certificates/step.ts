import { type Day, type Moment, parseText, type Reason, today } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import type { ZodType } from 'zod';
import { mayActFor, mayCommand, type Viewer } from '../access';
import { type Command, CommandInput, read, type Work } from '../commands';
import { recordCertificateStep } from './record';
import { type RoadCommand, stepOf } from './road';
import { lockCertificates, mayStep, type Standing } from './standing';

@InputType({ description: 'A step of an import certificate.' })
export abstract class ImportCertificateStepInput extends CommandInput {
  @Field(() => ID, { description: 'The certificate.' })
  importCertificate: string;
}

/** A reason, or any other words of a step. */
export const words = read((text) => parseText(text, 1000));

/** What is told of a step. */
interface Told {
  reason: string | null;
  /** Now where it is left out. */
  on?: Day;
  at?: Date | null;
  /** To whom it is handed over. */
  recipientId?: string;
}

interface StepCommand<Input> {
  command: RoadCommand;
  input: ZodType<Input>;
  told(row: Input): Told;
  /** Is it asked for only, and taken once that is answered? */
  isAskedFor?(row: Input): boolean;
  /** What else would be refused. */
  judge?(work: Work, row: Input, certificate: Standing, index: number): Promise<Reason[]>;
  /** What else is recorded, before the step. */
  also?(work: Work, row: Input, certificate: Standing): Promise<void>;
  /** And after it. */
  after?(work: Work, certificate: Standing, step: string): Promise<void>;
}

/** Who may take such a step of some certificate at all. */
const mayTake =
  (command: RoadCommand) =>
  (viewer: Viewer): Reason | null =>
    stepOf(command).role === 'CERTIFIER' ? mayCommand(viewer) : mayActFor(viewer, null);

/** The command that takes certificates one step of the road on. */
export function takeStep<Input extends { importCertificate: string }>({
  command,
  input,
  told,
  isAskedFor,
  judge,
  also,
  after,
}: StepCommand<Input>): Command<Input, { importCertificate: string }> {
  return {
    name: command,
    input,
    may: mayTake(command),
    async run(work, rows) {
      const certificates = await lockCertificates(
        work,
        rows.map((row) => row.importCertificate),
      );
      for (const [index, row] of rows.entries()) {
        const certificate = certificates.get(row.importCertificate);
        const reason = mayStep(work, command, certificate);
        const reasons = reason ? [reason] : ((await judge?.(work, row, certificate!, index)) ?? []);
        for (const each of reasons) work.refuse(index, each);
      }
      work.check();
      for (const row of rows) {
        const certificate = certificates.get(row.importCertificate)!;
        await also?.(work, row, certificate);
        const { to, role } = stepOf(command);
        if (to === null || isAskedFor?.(row)) continue;
        const { reason, recipientId = null, on, at } = { ...dayOf(certificate, work.now), ...told(row) };
        const id = uuidv7();
        await recordCertificateStep(work, certificate, {
          id,
          certificateId: certificate.id,
          sequence: certificate.sequence + 1,
          from: certificate.status,
          status: to,
          on,
          at,
          reason,
          recipientId,
          madeById: role === 'CERTIFIER' ? certificate.certifierId : certificate.exporterId,
        });
        await after?.(work, certificate, id);
      }
      return rows.map(({ importCertificate }) => ({ importCertificate }));
    },
  };
}

/** When a step is made that is made now: where the one before was on a day that has come further east only, on that day too. */
function dayOf({ since }: Standing, now: Date): { on: Day; at: Date | null } {
  const day = today(now);
  return since !== null && since > day ? { on: since, at: null } : { on: day, at: now };
}

/** Why a step cannot have been then; null if it can: not before the last day of the history, nor, where the hours are known, before its last hour. */
export function beforeItsHistory({ since, sinceAt }: Standing, { on, at }: Moment, rule: string, path: string): Reason | null {
  const refused = (last: string): Reason => ({
    code: 'REFUSED',
    message: `the step before was ${last}`,
    path: [path],
    rule,
    remedy: 'give when it was, not before that',
  });
  if (since !== null && on < since) return refused(`on ${since}`);
  return at !== null && sinceAt !== null && at < sinceAt ? refused(`at ${sinceAt.toISOString()}`) : null;
}
