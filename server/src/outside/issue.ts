import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { OUTSIDE } from '../access';
import { lockCertificates } from '../certificates';
import type { Command, Runner, Work } from '../commands';
import type { Database } from '../database';
import { Notes } from '../journal';
import { Cursors } from '../log';
import type { Question } from '../questions';
import { issueImportCertificate } from '../review';
import { type Effect, isSettled, lockEffects, note, toldOf } from './effects';
import { takeBack } from './take-back';

// The Organic Integrity Database has issued a certificate: the step that its certifier would have made is made on its behalf.

const issued = z.object({ effect: z.uuid(), importCertificate: z.uuid(), number: z.string(), reason: z.string().nullable() });
type Issued = z.infer<typeof issued>;

interface Recording {
  database: Database;
  runner: Runner;
}

/** What a step of the certifier asks, asked by nobody: what it looks at is noted nowhere. */
const questionOf = ({ viewer, reader, command }: Work, { database, runner }: Recording): Question => ({
  viewer,
  reader,
  runner,
  cursors: new Cursors(database.installation),
  refKey: database.installation.cursorKey,
  notes: new Notes({ viewer, key: null }),
  requestId: command,
});

/** Gives the number to a certificate that waits for it. One that was issued by hand meanwhile, or is not to be issued any more, is left as it is. */
const takeNumber = (recording: Recording): Command<Issued, { taken: boolean }> => ({
  name: 'takeCertificateNumber',
  input: issued,
  may: (viewer) =>
    viewer === OUTSIDE ? null : { code: 'FORBIDDEN', message: 'the Organic Integrity Database gives numbers', remedy: 'wait for it' },
  async run(work, rows) {
    const certificates = await lockCertificates(
      work,
      rows.map(({ importCertificate }) => importCertificate),
    );
    const outcomes: { taken: boolean }[] = [];
    for (const { effect, ...row } of rows) {
      const taken = certificates.get(row.importCertificate)?.status === 'APPROVED';
      outcomes.push({ taken });
      if (!taken) continue;
      const issue = issueImportCertificate(questionOf(work, recording));
      await issue.run(work, [{ ...row, idempotencyKey: effect, issued: null }]);
      await note(work.tx, effect, { state: 'DONE', answer: { number: row.number } });
    }
    return outcomes;
  },
});

/** Digits at random: of a number that no certificate has, nor will be given one. */
const digits = (many: number): string => String(randomInt(10 ** many)).padStart(many, '0');

/** Could a certificate be issued now? @throws Refusal why not, e.g. since another one claims its lots, or the goods have left */
export async function tryIssue(recording: Recording, { id, subject, reason }: Effect): Promise<void> {
  const row: Issued = { effect: id, importCertificate: subject, number: `${digits(3)}-${digits(10)}-${digits(6)}`, reason };
  await recording.runner.execute(takeNumber(recording), OUTSIDE, [row], uuidv7(), { dryRun: true });
}

/** With a reason the review stands in the way of nothing: it is issued, whatever has come to speak against it in this moment. */
const REASON = 'Issued in the Organic Integrity Database.';

/**
 * Records what the Organic Integrity Database answered. Where its certifier issued the certificate under another number meanwhile, what was issued there is
 * taken back there. @throws Refusal where it cannot be recorded
 */
export async function recordIssue(recording: Recording, effect: Effect, number: string): Promise<void> {
  const { database, runner } = recording;
  const { id, subject } = effect;
  const row: Issued = { effect: id, importCertificate: subject, number, reason: effect.reason ?? REASON };
  const { outcomes } = await runner.execute(takeNumber(recording), OUTSIDE, [row], `${id} ${number}`);
  if (outcomes[0]!.taken) return;
  await database.within(async (tx) => {
    const effects = await lockEffects(tx, effect);
    if (effects.some((each) => each.id === id && isSettled(each))) return;
    const [certificate] = await tx.query<{ number: string }>('select number from import_certificate where id = $1', [subject]);
    if (certificate!.number === number) return void (await note(tx, id, { state: 'DONE', answer: { number } }));
    const why = `Its certifier had issued it under ${certificate!.number}`;
    await note(tx, id, {
      state: 'DONE',
      message: `${why}; ${number}, which was issued there, is taken back there.`,
      answer: { number, inVain: true },
    });
    await takeBack({ tx, now: new Date(), command: effect.recordedBy }, toldOf(effect), effects, 'ISSUED', `${why}.`);
  });
}
