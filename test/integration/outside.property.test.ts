import type { Mischief } from '@lotline/server/outside/stand-ins';
import fc from 'fast-check';
import {
  ace,
  approved,
  ask,
  behave,
  certifier,
  closeOutside,
  done,
  entered,
  exporter,
  failedJobs,
  filing,
  hurry,
  importer,
  jobOf,
  linesOn,
  look,
  lotline,
  of,
  oid,
  openOutside,
  pass,
  REST_MS,
  TIMEOUT_MS,
  uuidOf,
  workAgain,
} from '../support/outside';
import { certificateNumber } from '../support/world';

// Whatever becomes of the wire and whatever is done here meanwhile, in whatever order: nothing is valid outside that is not so here, what is here is there
// as it stands, and what cannot be brought about waits for an operator. PROPERTY_RUNS makes it longer, PROPERTY_SEED=new tries other roads.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 6);
const STEPS = 9;
/** Longer than we wait for an answer. */
const LATE_MS = 1.5 * TIMEOUT_MS;

/** What becomes of calls, until the next time that what waits is sent. */
const MISCHIEF: readonly Mischief[] = [
  {},
  { down: true },
  { drop: true },
  { status: 503 },
  { status: 401 },
  { status: 409 },
  { status: 422 },
  { answer: '<html>' },
  { answer: { number: 'x', verdict: 'MAYBE' } },
  { twice: true },
  { lateMs: LATE_MS },
  { slowMs: LATE_MS },
];
const REJECTS: Mischief = { rejects: 'no' };

interface Work {
  mischief: Mischief;
  /** Does something happen here while it is asked, or while the answer is on its way? */
  meanwhile: { moment: 'ASKED' | 'DONE'; act: string } | null;
}
const acts = (names: readonly string[]) => fc.constantFrom(...names);
const worked = (mischief: readonly Mischief[], names: readonly string[]) =>
  fc.record<Work>({
    mischief: fc.constantFrom(...mischief),
    meanwhile: fc.option(fc.record({ moment: fc.constantFrom('ASKED' as const, 'DONE' as const), act: acts(names) }), { freq: 3 }),
  });
const roads = (mischief: readonly Mischief[], names: readonly string[]) =>
  fc.array(fc.oneof(acts(names), worked(mischief, names)), { minLength: 2, maxLength: STEPS });

/** Walks a road; what is refused is no step. */
async function walk(road: readonly (string | Work)[], act: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  for (const step of road) {
    if (typeof step === 'string') {
      await act[step]!();
      continue;
    }
    let meanwhile: Mischief['meanwhile'];
    if (step.meanwhile) {
      let isOver = false;
      meanwhile = async (moment) => {
        if (isOver || moment !== step.meanwhile!.moment) return;
        isOver = true;
        await act[step.meanwhile!.act]!();
      };
    }
    oid.mischief = { ...step.mischief, meanwhile };
    ace.mischief = { ...step.mischief, meanwhile };
    pass(REST_MS);
    await workAgain();
  }
}

const UNSETTLED = ['WAITING', 'RETRYING', 'FAILED'];
const unsettled = (effects: readonly { state: string }[]) => effects.filter(({ state }) => UNSETTLED.includes(state));

/** All is well again outside: what waits is sent, an operator has everything else tried again, and what was slow arrives. */
async function settle(road: readonly (string | Work)[]): Promise<void> {
  if (road.some((step) => typeof step !== 'string' && step.mischief.slowMs)) await new Promise((arrived) => setTimeout(arrived, LATE_MS));
  for (let round = 0; round < 3; round++) {
    behave();
    await workAgain();
    for (const { id } of (await failedJobs()).jobs) await ask('retryJob', { job: id }, 'admin');
  }
  await workAgain();
}

beforeAll(openOutside);
beforeEach(behave);
afterAll(closeOutside);

test(
  'certificates are valid in the OID as they are here, whatever becomes of the wire',
  async () => {
    let serial = 0;
    const CERTIFICATE = ['issue', 'issue', 'type', 'type theirs', 'revise', 'void', 'withdraw', 'reject'] as const;
    await fc.assert(
      fc.asyncProperty(roads(MISCHIEF, CERTIFICATE), async (road) => {
        behave();
        hurry();
        const id = await approved('O-PLENTY');
        const typed = certificateNumber(83, ++serial);
        const theirs = () => (oid.memory.answered(`/certificates/${uuidOf(id)}`)?.body as { number: string } | undefined)?.number ?? null;
        let kilograms = 1;
        await walk(['issue', ...road], {
          issue: () => ask('issueImportCertificate', of(id), certifier),
          type: () => ask('issueImportCertificate', of(id, { number: typed }), certifier),
          'type theirs': async () => theirs() !== null && ask('issueImportCertificate', of(id, { number: theirs() }), certifier),
          revise: () =>
            ask(
              'reviseImportCertificate',
              of(id, { quantity: { value: String(++kilograms), unit: 'KGM' }, reason: `now ${kilograms}` }),
              certifier,
            ),
          void: () => ask('voidImportCertificate', of(id, { reason: 'not so' }), certifier),
          withdraw: () => ask('withdrawImportCertificate', of(id), exporter),
          reject: () => ask('rejectImportCertificate', of(id, { reasons: ['no'] }), certifier),
        });
        const before = await look(id);
        if (before.effects.some(({ state }) => state === 'FAILED')) expect(await jobOf(id)).toBeDefined();
        await settle(road);

        const { status, number, effects } = await look(id);
        const isLive = done(id).includes('issue') && !done(id).includes('void');
        expect(unsettled(effects)).toEqual([]);
        expect(await jobOf(id)).toBeUndefined();
        if (isLive) expect([status, number]).toEqual(['ISSUED', theirs()]);
        const isTheirs = status === 'ISSUED' && effects[0]!.state === 'DONE' && number === theirs();
        expect(isLive).toBe(isTheirs);
        if (!isLive) return;
        const [told] = oid.asked
          .filter(({ path }) => path.includes(uuidOf(id)))
          .map(({ body }: any) => (body.certificate ?? body).kilograms)
          .slice(-1);
        const [{ mass } = { mass: '' }] = await lotline.database.query<{ mass: string }>(
          'select (import_certificate_mass(c) / 1000)::text as mass from import_certificate c where id = $1',
          [uuidOf(id)],
        );
        expect(told).toBe(mass);
      }),
      { numRuns: RUNS },
    );
  },
  10_000 + 8000 * RUNS,
);

test(
  'entries stand with customs as they do here, whatever becomes of the wire',
  async () => {
    const MASSES = ['0.25', '0.75', '0.6', '0.9'];
    await fc.assert(
      fc.asyncProperty(roads([...MISCHIEF, REJECTS, REJECTS, REJECTS], ['amend', 'amend', 'cancel']), async (road) => {
        behave();
        hurry();
        const entry = await entered();
        let times = 0;
        await walk(road, {
          amend: () => {
            const kilograms = MASSES[times++ % MASSES.length]!;
            const input = { customsEntry: entry.id, lines: linesOn(entry.certificate, kilograms), reason: `now ${kilograms}` };
            return ask('amendCustomsEntry', input, importer);
          },
          cancel: () => ask('cancelCustomsEntry', { customsEntry: entry.id, reason: 'filed twice' }, importer),
        });
        const before = await filing(entry.id);
        if (before.effects.some(({ state }: any) => state === 'FAILED')) expect(await jobOf(entry.id)).toBeDefined();
        await settle(road);

        const { cancelledOn, lines, effects } = await filing(entry.id);
        const open = unsettled(effects);
        if (open.length > 0) {
          // Customs keeps to its rejection of the very same: somebody is told, and nothing waits behind it.
          expect(open).toEqual([{ ...effects.at(-1), state: 'FAILED', message: 'The Automated Commercial Environment rejected it: no.' }]);
          expect(await jobOf(entry.id)).toBeDefined();
          await lotline.database.query('delete from graphile_worker._private_jobs where key = $1', [`ace ${uuidOf(entry.id)}`]);
          return;
        }
        const path = `/filings/${uuidOf(entry.id)}`;
        const isThere =
          (ace.memory.answered(path)?.body as any)?.verdict === 'ACCEPTED' && ace.memory.answered(`${path}/cancellation`) === null;
        expect(isThere).toBe(cancelledOn === null);
        if (!isThere) return;
        const last = ace.asked.filter((asked) => asked.path.startsWith(path)).at(-1)!.body as any;
        expect((last.filing ?? last).lines[0].kilograms).toBe(lines.nodes[0].kilograms);
      }),
      { numRuns: RUNS },
    );
  },
  10_000 + 8000 * RUNS,
);
