import { tasksOf } from '@lotline/server/later';
import { type As, csv } from '../support/lotline';
import {
  ace,
  approved,
  ask,
  asked,
  askedFor,
  behave,
  certifier,
  closeOutside,
  done,
  EXPORTER,
  entered,
  exporter,
  failedJobs,
  filing,
  give,
  hurry,
  IMPORTER,
  ids,
  importer,
  issued,
  jobOf,
  linesOn,
  look,
  lotline,
  of,
  oid,
  openOutside,
  pass,
  REST_MS,
  STRANGER,
  states,
  systems,
  TIMEOUT_MS,
  TODAY,
  uuidOf,
  work,
  workAgain,
} from '../support/outside';
import { certificateNumber, entryNumber } from '../support/world';

// What systems outside are told: once, in its order, whatever becomes of the wire; and how far it is, to whoever has what it is about.

beforeAll(openOutside);
beforeEach(behave);
afterAll(closeOutside);

describe('a certificate that is to be issued', () => {
  test('is not sent before its certifier issues it, and then by no date of its own', async () => {
    const id = await approved();
    await work();
    expect(await look(id)).toMatchObject({ status: 'APPROVED', effects: [] });
    expect(asked(id)).toEqual([]);
    const { errors } = await ask('issueImportCertificate', of(id, { issued: '2026-01-01' }), certifier);
    expect(errors![0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', path: ['input', 'issued'] } });
    expect((await ask('issueImportCertificate', of(id), exporter)).errors![0].extensions.code).toBe('FORBIDDEN');
    expect((await look(id)).effects).toEqual([]);
  });

  test('waits, is issued in the OID, and has its number on behalf of its certifier', async () => {
    const id = await askedFor('O-LOT', 2);
    const before = await look(id);
    expect(before).toMatchObject({ status: 'APPROVED', number: null });
    expect(before.effects).toEqual([
      {
        system: 'ORGANIC_INTEGRITY_DATABASE',
        what: 'ISSUE',
        state: 'WAITING',
        since: expect.any(String),
        attempts: 0,
        lastTriedAt: null,
        message: null,
      },
    ]);
    await work();
    const { status, number, history, effects } = await look(id);
    expect(status).toBe('ISSUED');
    expect(number).toMatch(/^\d{3}-\d{10}-\d{6}$/);
    expect(history.at(-1)).toEqual({ status: 'ISSUED', by: 'Certifier ZO1 (invented)' });
    expect(effects).toMatchObject([{ state: 'DONE', attempts: 1, lastTriedAt: expect.any(String), message: null }]);
    expect(asked(id)).toEqual([
      {
        method: 'PUT',
        path: `/certificates/${uuidOf(id)}`,
        body: {
          certifier: 'ZO1',
          kind: 'SHIPMENT',
          hts: '0901110015',
          origin: 'CO',
          destination: 'US',
          standard: 'NOP',
          validFrom: null,
          validTo: null,
          exporter: { identifier: EXPORTER, name: `Operation ${EXPORTER} (invented)`, country: 'CO' },
          finalHandler: null,
          importer: { identifier: IMPORTER, name: `Operation ${IMPORTER} (invented)`, country: 'CO' },
          consignee: null,
          kilograms: '2',
          lines: [{ product: 'Organic green coffee', lot: 'O-LOT', kilograms: '2' }],
        },
      },
    ]);
  });

  test('shows how far it is to whoever has it', async () => {
    const id = await issued();
    const { effects } = await look(id);
    expect((await look(id, certifier)).effects).toEqual(effects);
    expect(await look(id, importer)).toBeNull();
    expect(await look(id, { operation: STRANGER })).toBeNull();
    await give('handOverImportCertificate', of(id, { recipient: ids[IMPORTER], on: new Date().toISOString().slice(0, 10) }), exporter);
    expect((await look(id, importer)).effects).toEqual(effects);
    // Who certified the exporter for a time that had ended before sees the request that was of its time, and nothing of what is sent since.
    expect(await look(id, { certifier: 'ZO0' })).toBeNull();
    await lotline.database.query(
      `begin; set local session_replication_role = replica; update party set on_day = '2025-01-01' where subject = '${uuidOf(id)}' and fact = subject;
       update import_certificate_status set on_day = '2025-01-01' where import_certificate = '${uuidOf(id)}' and sequence = 1; commit`,
    );
    expect(await look(id, { certifier: 'ZO0' })).toMatchObject({ status: 'REQUESTED', number: null, effects: [] });
  });

  test('came from outside: it is not sent back', async () => {
    const number = certificateNumber(77, 1);
    await lotline.import({
      'import_certificates.csv': csv([
        {
          number,
          kind: 'SHIPMENT',
          exporter: EXPORTER,
          importer: IMPORTER,
          certifier: 'ZO1',
          hts: '0901110015',
          issued_on: '2025-07-01',
          quantity: 1,
          unit: 'KGM',
        },
      ]),
    });
    const { importCertificate } = await lotline.data('query ($n: String!) { importCertificate(number: $n) { id effects { what } } }', {
      n: number,
    });
    expect(importCertificate.effects).toEqual([]);
    await lotline.import({
      'customs_entries.csv': csv([
        {
          entry: entryNumber(499),
          line: 1,
          certificate: number,
          filed_on: '2025-08-01',
          hts: '0901110015',
          quantity: 1,
          unit: 'KGM',
          filer: IMPORTER,
        },
      ]),
    });
    await work();
    expect(ace.asked).toEqual([]);
    // Nor is what becomes of it, which its certifier writes there as it wrote its issue.
    await give(
      'reviseImportCertificate',
      of(importCertificate.id, { quantity: { value: '2', unit: 'KGM' }, reason: 'why not' }),
      certifier,
    );
    await work();
    expect((await look(importCertificate.id)).effects).toEqual([]);
  });
});

describe('it is done once, whatever becomes of the wire', () => {
  test.each([
    ['down', { down: true }, 'The Organic Integrity Database cannot be reached.'],
    ['broken', { status: 500 }, 'The Organic Integrity Database says that it cannot now (500).'],
    ['asked too much', { status: 429 }, 'The Organic Integrity Database says that it cannot now (429).'],
    ['not letting us in', { status: 401 }, 'The Organic Integrity Database does not let Lotline in (401): its token is to be looked at.'],
    ['cut off after it did it', { drop: true }, 'The Organic Integrity Database cannot be reached.'],
    ['late: it does it after we stopped waiting', { slowMs: 2 * TIMEOUT_MS }, 'The Organic Integrity Database did not answer in time.'],
    [
      'late: it did it, and answers after we stopped waiting',
      { lateMs: 2 * TIMEOUT_MS },
      'The Organic Integrity Database did not answer in time.',
    ],
    ['a page of somebody in between', { answer: '<html>' }, 'The Organic Integrity Database answers in no language that is known (200).'],
  ])('%s', async (_, mischief, message) => {
    const id = await askedFor();
    oid.mischief = mischief;
    if (message.endsWith('in time.')) hurry();
    await work();
    expect(await look(id)).toMatchObject({ status: 'APPROVED', number: null, effects: [{ state: 'RETRYING', attempts: 1, message }] });
    await workAgain();
    expect((await look(id)).effects).toMatchObject([{ state: 'RETRYING', attempts: 2, message }]);
    behave();
    await workAgain();
    const { status, number, history, effects } = await look(id);
    expect(status).toBe('ISSUED');
    expect(effects).toMatchObject([{ state: 'DONE', attempts: 3, message: null }]);
    expect(history.filter((step) => step.status === 'ISSUED')).toHaveLength(1);
    expect(done(id)).toEqual(['issue']);
    expect(oid.memory.answered(`/certificates/${uuidOf(id)}`)!.body).toEqual({ number });
    expect(new Set(asked(id).map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });

  test('slow, within the time that it has', async () => {
    oid.mischief = { slowMs: TIMEOUT_MS / 4, lateMs: TIMEOUT_MS / 4 };
    await issued();
  });

  test('asked twice by something in between', async () => {
    oid.mischief = { twice: true };
    const id = await issued();
    expect(done(id)).toEqual(['issue']);
  });

  test('answered, and we died before it was recorded', async () => {
    const id = await askedFor();
    const task = tasksOf(lotline.runner, { database: lotline.database, systems }).oid!;
    const dying = { ...lotline.runner, execute: () => Promise.reject(new Error('killed')) } as unknown as typeof lotline.runner;
    // Whoever tries whether it could be issued is not killed yet.
    const [execute, calls] = [lotline.runner.execute.bind(lotline.runner), { many: 0 }];
    dying.execute = ((...all: Parameters<typeof execute>) =>
      calls.many++ === 0 ? execute(...all) : Promise.reject(new Error('killed'))) as typeof execute;
    const payload = { noun: 'ImportCertificate', subject: uuidOf(id) };
    await expect(tasksOf(dying, { database: lotline.database, systems }).oid!(payload, { number: 1, last: false })).rejects.toThrow(
      'killed',
    );
    expect(done(id)).toEqual(['issue']);
    expect(await look(id)).toMatchObject({
      status: 'APPROVED',
      effects: [{ state: 'RETRYING', attempts: 1, message: 'Something went wrong here.' }],
    });
    await task(payload, { number: 2, last: false });
    expect(await look(id)).toMatchObject({ status: 'ISSUED', effects: [{ state: 'DONE', attempts: 2 }] });
    // And once more, as by a worker that did not hear that it was done.
    await task(payload, { number: 3, last: false });
    expect(asked(id)).toHaveLength(2);
  });
});

describe('what trying again does not help waits for an operator', () => {
  test('a number that cannot be one', async () => {
    const id = await askedFor();
    oid.mischief = { answer: { number: '9990000001' } };
    await work();
    const message = expect.stringContaining(
      'The Organic Integrity Database answered what docs/outside.md does not allow: number ("9990000001" is no number of an import certificate',
    );
    expect(await look(id)).toMatchObject({ status: 'APPROVED', effects: [{ state: 'FAILED', attempts: 1, message }] });
    await workAgain();
    expect(await states(id)).toEqual(['ISSUE FAILED 1']);

    const job = await jobOf(id);
    expect(job).toEqual({ id: expect.any(String), task: 'oid', subject: id, attempts: 16, message });
    expect(await failedJobs('analyst')).toBeNull();
    expect(await failedJobs(certifier)).toBeNull();
    const codes = async (input: object, as: As) => (await ask('retryJob', input, as)).errors?.map(({ extensions }: any) => extensions.code);
    expect(await codes({ job: job.id }, certifier)).toEqual(['FORBIDDEN']);
    expect(await codes({ job: job.id }, 'nobody')).toEqual(['UNAUTHENTICATED']);
    expect(await codes({ job: '1234567' }, 'admin')).toEqual(['NOT_FOUND']);
    expect(await codes({ job: 'x' }, 'admin')).toEqual(['BAD_USER_INPUT']);

    oid.mischief = {};
    await give('retryJob', { job: job.id }, 'admin');
    expect(await jobOf(id)).toBeUndefined();
    expect(await codes({ job: job.id }, 'admin')).toEqual(['NOT_FOUND']);
    await work();
    expect(await look(id)).toMatchObject({ status: 'ISSUED', effects: [{ state: 'DONE', attempts: 2, message: null }] });
    expect(await jobOf(id)).toBeUndefined();
  });

  test('its certifier may ask again: it is tried at once, and nothing waits for an operator any more', async () => {
    const id = await askedFor();
    oid.mischief = { answer: { number: '9990000001' } };
    await work();
    expect(await states(id)).toEqual(['ISSUE FAILED 1']);
    oid.mischief = {};
    await give('issueImportCertificate', of(id), certifier);
    expect(await states(id)).toEqual(['ISSUE RETRYING 1']);
    await work();
    expect(await look(id)).toMatchObject({ status: 'ISSUED', effects: [{ state: 'DONE', attempts: 2, message: null }] });
    expect(await jobOf(id)).toBeUndefined();
    expect(done(id)).toEqual(['issue']);
  });

  test('the number of another certificate', async () => {
    const { number } = await look(await issued());
    const id = await askedFor();
    oid.mischief = { answer: { number } };
    await work();
    const message = 'It was issued there, and cannot be recorded here: an import certificate of this number exists.';
    expect(await look(id)).toMatchObject({ status: 'APPROVED', number: null, effects: [{ state: 'FAILED', message }] });
    expect((await jobOf(id)).message).toBe(message);
  });

  test('something else was sent under our key', async () => {
    const id = await askedFor();
    await fetch(`${oid.url}/certificates/${uuidOf(id)}`, {
      method: 'PUT',
      headers: { authorization: 'Bearer the token' },
      body: JSON.stringify({ certifier: 'ZZZ', kind: 'PERIOD', hts: '0901110015', kilograms: '1', lines: [], exporter: {}, importer: {} }),
    });
    await work();
    expect((await look(id)).effects).toMatchObject([
      { state: 'FAILED', message: 'The Organic Integrity Database refused it: Something else was sent under this key.' },
    ]);
  });

  test('another certificate claims its lots: the OID is not even asked', async () => {
    const [one, other] = [await askedFor('O-SCARCE', 60), await askedFor('O-SCARCE', 60)];
    await work();
    expect((await look(one)).status).toBe('ISSUED');
    const { status, effects } = await look(other);
    expect(status).toBe('APPROVED');
    expect(effects).toMatchObject([
      {
        state: 'FAILED',
        attempts: 0,
        message: 'It cannot be issued: something blocks it that did not at its approval; its review says what.',
      },
    ]);
    expect(asked(other)).toEqual([]);
    // Its certifier may ask again; that changes nothing.
    const { errors } = await ask('issueImportCertificate', of(other), certifier);
    expect(errors![0].extensions).toMatchObject({ code: 'REFUSED', path: ['input', 'reason'] });
    await give('issueImportCertificate', of(other, { reason: 'the sheet is wrong' }), certifier);
    await work();
    expect((await look(other)).effects).toMatchObject([
      { state: 'FAILED', attempts: 0, message: expect.stringContaining('It cannot be issued: ') },
    ]);
    expect((await look(other)).effects[0]!.message).not.toContain('its review says what');
    // The certifier takes its approval back: nothing is to be sent any more, and nothing waits for the operator.
    await give('rejectImportCertificate', of(other, { reasons: ['the lot is spoken for'] }), certifier);
    await work();
    expect(await states(other)).toEqual(['ISSUE NOT_NEEDED 0']);
    expect(await jobOf(other)).toBeUndefined();
    expect(asked(other)).toEqual([]);
  });

  test('a system that is down for days', async () => {
    const id = await askedFor();
    oid.mischief = { down: true };
    await work();
    for (let attempt = 2; attempt < 16; attempt++) await workAgain();
    // The circuit left it alone most of the time.
    expect((await look(id)).effects).toMatchObject([{ state: 'RETRYING', attempts: 3 }]);
    await workAgain();
    expect((await look(id)).effects).toMatchObject([{ state: 'FAILED', attempts: 3 }]);
    const job = await jobOf(id);
    oid.mischief = {};
    pass(REST_MS);
    await give('retryJob', { job: job.id }, 'admin');
    await work();
    expect((await look(id)).status).toBe('ISSUED');
  });
});

test('a system that does not answer is left alone for a while; one call finds out that it is back', async () => {
  const certificates = [await askedFor(), await askedFor(), await askedFor(), await askedFor(), await askedFor()];
  oid.mischief = { down: true };
  const calls = () => certificates.flatMap(asked).length;
  await work();
  expect(calls()).toBe(3);
  const seen = await Promise.all(certificates.map((id) => look(id)));
  expect(seen.map(({ effects }) => effects[0]!.state)).toEqual(Array(5).fill('RETRYING'));
  expect(seen.at(-1)!.effects[0]).toMatchObject({
    attempts: 0,
    message: 'The Organic Integrity Database did not answer, and is left alone for a while.',
  });
  await workAgain();
  expect(calls()).toBe(3);
  // Its time is over: one call is let through, and opens it again.
  pass(REST_MS);
  await workAgain();
  expect(calls()).toBe(4);
  oid.mischief = {};
  await workAgain();
  expect(calls()).toBe(4);
  pass(REST_MS);
  await workAgain();
  for (const id of certificates) expect((await look(id)).status).toBe('ISSUED');
  expect(calls()).toBe(9);
});

describe('what is about one certificate is sent in its order', () => {
  const revise = (id: string, value: string) =>
    give('reviseImportCertificate', of(id, { quantity: { value, unit: 'KGM' }, reason: `now ${value}` }), certifier);

  test('a void waits behind no revision: nothing is revised after it', async () => {
    const id = await issued();
    oid.mischief = { down: true };
    await revise(id, '3');
    await work();
    await revise(id, '4');
    await give('voidImportCertificate', of(id, { reason: 'asked for twice' }), certifier);
    await work();
    expect(await states(id)).toEqual(['ISSUE DONE 1', 'REVISE NOT_NEEDED 1', 'REVISE NOT_NEEDED 0', 'VOID RETRYING 1']);
    expect(await look(id)).toMatchObject({ status: 'VOIDED', effects: [{}, { message: 'It was voided.' }, {}, {}] });
    oid.mischief = {};
    await workAgain();
    expect((await states(id)).at(-1)).toBe('VOID DONE 2');
    expect(done(id)).toEqual(['issue', 'void']);
    const sent = asked(id).map(({ body }: any) => body.certificate?.kilograms ?? body.reason ?? body.kilograms);
    expect(sent).toEqual(['1', '3', 'asked for twice', 'asked for twice']);
  });

  test('what was refused stays in the way of what comes after it', async () => {
    const id = await issued();
    oid.mischief = { status: 422 };
    await revise(id, '3');
    await work();
    oid.mischief = {};
    expect((await look(id)).effects[1]).toMatchObject({
      state: 'FAILED',
      message: 'The Organic Integrity Database refused it: It does not work now.',
    });
    // What is decided next has it tried again, before it is sent itself.
    await revise(id, '4');
    await work();
    expect(await states(id)).toEqual(['ISSUE DONE 1', 'REVISE DONE 2', 'REVISE DONE 1']);
    expect(done(id)).toEqual(['issue', 'revision', 'revision']);
    expect(await jobOf(id)).toBeUndefined();
  });

  test('a void is sent past a revision that was refused, and nothing waits for an operator', async () => {
    const id = await issued();
    oid.mischief = { status: 422 };
    await revise(id, '3');
    await work();
    expect(await jobOf(id)).toBeDefined();
    oid.mischief = {};
    await give('voidImportCertificate', of(id, { reason: 'fraud' }), certifier);
    await work();
    expect(await states(id)).toEqual(['ISSUE DONE 1', 'REVISE NOT_NEEDED 1', 'VOID DONE 1']);
    expect(await jobOf(id)).toBeUndefined();
  });

  test('a void while a revision is on its way, which then fails', async () => {
    const id = await issued();
    oid.mischief = {
      status: 503,
      meanwhile: async () => {
        oid.mischief = {};
        await give('voidImportCertificate', of(id, { reason: 'fraud' }), certifier);
      },
    };
    await revise(id, '3');
    await work();
    expect(await states(id)).toEqual(['ISSUE DONE 1', 'REVISE NOT_NEEDED 1', 'VOID DONE 1']);
    expect(done(id)).toEqual(['issue', 'void']);
  });

  test('two workers at once send nothing twice', async () => {
    const certificates = await Promise.all(Array.from({ length: 8 }, () => askedFor()));
    await Promise.all([work(), work()]);
    for (const id of certificates) {
      expect(await states(id)).toEqual(['ISSUE DONE 1']);
      expect(asked(id)).toHaveLength(1);
    }
  });
});

describe('a certifier that types the number itself', () => {
  const NUMBER = (serial: number) => certificateNumber(78, serial);

  test('before it was sent: it is not sent, nor is what follows', async () => {
    const id = await askedFor();
    await give('issueImportCertificate', of(id, { number: NUMBER(1) }), certifier);
    await work();
    await give('voidImportCertificate', of(id, { reason: 'asked for twice' }), certifier);
    await work();
    expect(await look(id)).toMatchObject({ status: 'VOIDED', number: NUMBER(1) });
    expect(await states(id)).toEqual(['ISSUE NOT_NEEDED 0']);
    expect(asked(id)).toEqual([]);
  });

  test('after the OID did it and we did not hear of it: the first to be recorded counts, the other is taken back there', async () => {
    const id = await askedFor();
    oid.mischief = { drop: true };
    await work();
    await give('issueImportCertificate', of(id, { number: NUMBER(2) }), certifier);
    await give('reviseImportCertificate', of(id, { quantity: { value: '2', unit: 'KGM' }, reason: 'weighed' }), certifier);
    oid.mischief = {};
    await workAgain();
    const { number: there } = oid.memory.answered(`/certificates/${uuidOf(id)}`)!.body as { number: string };
    const { status, number, effects } = await look(id);
    expect([status, number]).toEqual(['ISSUED', NUMBER(2)]);
    expect(effects).toMatchObject([
      {
        what: 'ISSUE',
        state: 'DONE',
        message: `Its certifier had issued it under ${NUMBER(2)}; ${there}, which was issued there, is taken back there.`,
      },
      { what: 'REVISE', state: 'NOT_NEEDED' },
      { what: 'VOID', state: 'DONE' },
    ]);
    expect(done(id)).toEqual(['issue', 'void']);
    // From now on it is kept up to date by hand.
    await give('voidImportCertificate', of(id, { reason: 'asked for twice' }), certifier);
    await work();
    expect(done(id)).toEqual(['issue', 'void']);
    expect((await look(id)).effects).toHaveLength(3);
  });

  test('with the number that the OID had given', async () => {
    const id = await askedFor();
    oid.mischief = { drop: true };
    await work();
    const { number } = oid.memory.answered(`/certificates/${uuidOf(id)}`)!.body as { number: string };
    await give('issueImportCertificate', of(id, { number }), certifier);
    oid.mischief = {};
    await workAgain();
    expect(await look(id)).toMatchObject({ status: 'ISSUED', number, effects: [{ what: 'ISSUE', state: 'DONE', message: null }] });
    expect(done(id)).toEqual(['issue']);
  });

  test('after all: it is told that it comes too late', async () => {
    const id = await issued();
    const { errors } = await ask('issueImportCertificate', of(id, { number: NUMBER(3) }), certifier);
    expect(errors![0]).toMatchObject({ message: 'the certificate is ISSUED', extensions: { code: 'CONFLICT' } });
  });

  test('before it was sent, and revised or voided before anything was: nothing is sent, and nothing waits', async () => {
    const [revised, voided] = [await askedFor(), await askedFor()];
    for (const [place, id] of [revised, voided].entries())
      await give('issueImportCertificate', of(id, { number: NUMBER(10 + place) }), certifier);
    await give('reviseImportCertificate', of(revised, { quantity: { value: '2', unit: 'KGM' }, reason: 'weighed' }), certifier);
    await give('voidImportCertificate', of(voided, { reason: 'asked for twice' }), certifier);
    await work();
    for (const id of [revised, voided]) {
      expect((await look(id)).effects).toMatchObject([
        { what: 'ISSUE', state: 'NOT_NEEDED', attempts: 0, message: 'It was issued by hand.' },
      ]);
      expect(asked(id)).toEqual([]);
      expect(await jobOf(id)).toBeUndefined();
    }
  });

  test('after it was sent, and the OID refuses then: what it may have issued is taken back', async () => {
    const id = await askedFor();
    oid.mischief = { drop: true };
    await work();
    await give('issueImportCertificate', of(id, { number: NUMBER(12) }), certifier);
    await give('reviseImportCertificate', of(id, { quantity: { value: '2', unit: 'KGM' }, reason: 'weighed' }), certifier);
    oid.mischief = { status: 409 };
    await workAgain();
    expect((await look(id)).effects).toMatchObject([
      { what: 'ISSUE', state: 'NOT_NEEDED', message: 'It was issued by hand; what may have been issued there is taken back there.' },
      { what: 'REVISE', state: 'NOT_NEEDED', attempts: 0 },
      { what: 'VOID', state: 'FAILED' },
    ]);
    oid.mischief = {};
    await give('retryJob', { job: (await jobOf(id)).id }, 'admin');
    await work();
    expect(await look(id)).toMatchObject({ status: 'ISSUED', number: NUMBER(12), effects: [{}, {}, { state: 'DONE' }] });
    expect(done(id)).toEqual(['issue', 'void']);
  });

  test('a number of noughts: others are asked for all the same', async () => {
    await give('issueImportCertificate', of(await approved(), { number: '000-0000000000-000000' }), certifier);
    await issued();
  });
});

describe('a request that is taken back', () => {
  const ENDS = {
    WITHDRAWN: (id: string) => give('withdrawImportCertificate', of(id), exporter),
    REJECTED: (id: string) => give('rejectImportCertificate', of(id, { reasons: ['the grain is not organic'] }), certifier),
  };
  const WORDS = { WITHDRAWN: 'The request was withdrawn', REJECTED: 'The request was rejected' };
  const ALL = ['WITHDRAWN', 'REJECTED'] as const;
  /** Is something valid in the OID? */
  const isLive = (id: string) => done(id).includes('issue') && !done(id).includes('void');

  test.each(ALL)('%s before it was sent: nothing is', async (end) => {
    const id = await askedFor();
    await ENDS[end](id);
    expect((await look(id)).effects).toMatchObject([{ state: 'NOT_NEEDED', attempts: 0, message: `${WORDS[end]}.` }]);
    await work();
    expect(asked(id)).toEqual([]);
  });

  test.each(
    ALL.flatMap((end) =>
      (
        [
          ['the OID did it, and we did not hear of it', { drop: true }, 1],
          ['the OID is down', { down: true }, 1],
          ['the OID cannot now', { status: 503 }, 1],
          ['the OID refused', { status: 422 }, 1],
          ['the OID answers nonsense, and did it', { answer: { number: 'x' } }, 1],
        ] as const
      ).map(([what, mischief]) => [end, what, mischief] as const),
    ),
  )('%s while %s: it is not issued any more, and what may have been is taken back', async (end, _, mischief) => {
    const id = await askedFor();
    oid.mischief = mischief;
    await work();
    await ENDS[end](id);
    // Whatever a system says once does not end it.
    oid.mischief = { status: 429 };
    await workAgain();
    oid.mischief = {};
    await workAgain();
    expect(await look(id)).toMatchObject({
      status: end,
      number: null,
      effects: [
        { what: 'ISSUE', state: 'NOT_NEEDED', attempts: 1, message: `${WORDS[end]}; what may have been issued there is taken back there.` },
        { what: 'VOID', state: 'DONE' },
      ],
    });
    expect(isLive(id)).toBe(false);
    expect(await jobOf(id)).toBeUndefined();
    expect(asked(id).filter(({ path }) => !path.endsWith('/void'))).toHaveLength(1);
  });

  test.each(ALL.flatMap((end) => (['ASKED', 'DONE'] as const).map((moment) => [end, moment] as const)))(
    '%s while it is asked for (%s)',
    async (end, moment) => {
      const id = await askedFor();
      oid.mischief = {
        meanwhile: async (now) => {
          if (now !== moment) return;
          oid.mischief = {};
          await ENDS[end](id);
        },
      };
      await work();
      expect((await look(id)).status).toBe(end);
      expect(await states(id)).toEqual(['ISSUE NOT_NEEDED 1', 'VOID DONE 1']);
      expect(done(id)).toEqual(['issue', 'void']);
    },
  );

  test('an issue that arrives after it was taken back is not issued', async () => {
    const id = await askedFor();
    oid.mischief = { slowMs: 3 * TIMEOUT_MS };
    hurry();
    await work();
    behave();
    await ENDS.REJECTED(id);
    await work();
    expect(done(id)).toEqual(['void']);
    await new Promise((arrived) => setTimeout(arrived, 3 * TIMEOUT_MS));
    expect(done(id)).toEqual(['void']);
  });
});

describe('customs', () => {
  const amend = (entry: { id: string; certificate: string }, kilograms: string) =>
    give(
      'amendCustomsEntry',
      { customsEntry: entry.id, lines: linesOn(entry.certificate, kilograms), reason: `now ${kilograms}` },
      importer,
    );
  const cancel = (entry: { id: string }) => give('cancelCustomsEntry', { customsEntry: entry.id, reason: 'filed twice' }, importer);
  const REJECTS = { rejects: 'no' };
  /** Misbehaves once. */
  const once = (mischief: object) => ({
    ...mischief,
    meanwhile: async (moment: string) => {
      if (moment === 'DONE') ace.mischief = {};
    },
  });
  /** What customs did under the key of an entry, in that order, and what of it was sent how often. */
  const acts = (id: string) => ace.memory.paths.filter((path) => path.includes(uuidOf(id))).map((path) => path.split('/')[3] ?? 'filing');
  const sent = (id: string) =>
    ace.asked
      .filter(({ path }) => path.includes(uuidOf(id)))
      .map(({ body }: any) => (body.filing ?? body).lines?.[0].kilograms ?? body.reason);
  const filed = async (id: string) => (await filing(id)).effects.map(({ what, state, attempts }: any) => `${what} ${state} ${attempts}`);

  test('an entry is filed once, also where customs did not answer', async () => {
    ace.mischief = { drop: true };
    const { id } = await entered();
    await work();
    expect((await filing(id)).effects).toMatchObject([
      {
        system: 'AUTOMATED_COMMERCIAL_ENVIRONMENT',
        what: 'FILE',
        state: 'RETRYING',
        message: 'The Automated Commercial Environment cannot be reached.',
      },
    ]);
    ace.mischief = {};
    await workAgain();
    const { number, effects } = await filing(id);
    expect(effects).toMatchObject([{ state: 'DONE', attempts: 2 }]);
    expect(ace.memory.paths.filter((path) => path === `/filings/${uuidOf(id)}`)).toHaveLength(1);
    expect(ace.asked.at(-1)!.body).toMatchObject({
      entry: number,
      filedOn: TODAY,
      filer: { identifier: IMPORTER },
      lines: [{ line: 1, certificate: expect.stringMatching(/^\d{3}-\d{10}-\d{6}$/), kilograms: '0.5', lots: [] }],
    });
    expect(await filing(id, { operation: STRANGER })).toBeNull();
  });

  test.each([
    ['words that say nothing', { answer: { verdict: 'REJECTED', reasons: [{ message: '' }, { message: ' \u0000' }] } }],
    ['no words', { answer: { verdict: 'REJECTED' } }],
  ])('one that customs rejects with %s', async (_, mischief) => {
    ace.mischief = { answer: mischief.answer };
    const { id } = await entered();
    await work();
    expect((await filing(id)).effects[0].message).toBe('The Automated Commercial Environment rejected it: no reason was given.');
  });

  test('what is answered beside the contract is told in our words', async () => {
    ace.mischief = { answer: { verdict: 'MAYBE' } };
    const { id } = await entered();
    await work();
    expect((await filing(id)).effects[0].message).toBe(
      'The Automated Commercial Environment answered what docs/outside.md does not allow: verdict.',
    );
  });

  test('an answer of more bytes than are read, whatever it is written in', async () => {
    ace.mischief = { answer: { verdict: 'ACCEPTED', more: '字'.repeat(30_000) } };
    const { id } = await entered();
    await work();
    expect((await filing(id)).effects[0]).toMatchObject({
      state: 'RETRYING',
      message: 'The Automated Commercial Environment answers more than can be read.',
    });
    ace.mischief = {};
    await workAgain();
    expect(await filed(id)).toEqual(['FILE DONE 2']);
  });

  test('one that customs rejects says why', async () => {
    ace.mischief = {
      answer: { verdict: 'REJECTED', reasons: [{ message: 'OR1 stands where OR2 belongs' }, { message: 'no such\u0000 certificate' }] },
    };
    const { id } = await entered();
    await work();
    expect((await filing(id)).effects).toMatchObject([
      { state: 'FAILED', message: 'The Automated Commercial Environment rejected it: OR1 stands where OR2 belongs; no such certificate.' },
    ]);
    expect((await jobOf(id)).task).toBe('ace');
  });

  test('what changes while customs is down is sent afterwards, in its order, once', async () => {
    ace.mischief = { down: true };
    const entry = await entered();
    await work();
    await amend(entry, '0.75');
    await cancel(entry);
    expect(await filed(entry.id)).toEqual(['FILE RETRYING 1', 'AMEND WAITING 0', 'CANCEL WAITING 0']);
    ace.mischief = { drop: true };
    await workAgain();
    ace.mischief = {};
    await workAgain();
    expect(await filed(entry.id)).toEqual(['FILE DONE 3', 'AMEND DONE 1', 'CANCEL DONE 1']);
    expect(acts(entry.id)).toEqual(['filing', 'amendment', 'cancellation']);
    expect(sent(entry.id)).toEqual(['0.5', '0.5', '0.5', '0.75', 'filed twice']);
  });

  test('one that was rejected is filed anew as it was amended, and nothing waits for an operator', async () => {
    ace.mischief = REJECTS;
    const entry = await entered();
    await work();
    expect(await filed(entry.id)).toEqual(['FILE FAILED 1']);
    ace.mischief = {};
    await amend(entry, '0.75');
    await work();
    expect(await filed(entry.id)).toEqual(['FILE NOT_NEEDED 1', 'FILE DONE 1']);
    expect(sent(entry.id)).toEqual(['0.5', '0.75']);
    expect(await jobOf(entry.id)).toBeUndefined();
    await cancel(entry);
    await work();
    expect((await filed(entry.id)).at(-1)).toBe('CANCEL DONE 1');
  });

  test('one that was rejected was never there to be cancelled', async () => {
    ace.mischief = REJECTS;
    const entry = await entered();
    await work();
    ace.mischief = {};
    await cancel(entry);
    await work();
    expect(await filed(entry.id)).toEqual(['FILE NOT_NEEDED 1']);
    expect(sent(entry.id)).toEqual(['0.5']);
    expect(await jobOf(entry.id)).toBeUndefined();
  });

  test('rejected while a change waits: it is filed anew as the entry stands, once', async () => {
    ace.mischief = { down: true };
    const entry = await entered();
    await work();
    await amend(entry, '0.75');
    await amend(entry, '0.25');
    ace.mischief = once(REJECTS);
    await workAgain();
    expect(await filed(entry.id)).toEqual(['FILE NOT_NEEDED 2', 'AMEND NOT_NEEDED 0', 'AMEND NOT_NEEDED 0', 'FILE DONE 1']);
    expect((await filing(entry.id)).effects[0].message).toBe('The Automated Commercial Environment rejected it: no.');
    expect(sent(entry.id)).toEqual(['0.5', '0.5', '0.25']);
    expect(await jobOf(entry.id)).toBeUndefined();
    await cancel(entry);
    await work();
    expect((await filed(entry.id)).at(-1)).toBe('CANCEL DONE 1');
  });

  test('rejected while its cancellation waits: it was never there', async () => {
    ace.mischief = { down: true };
    const entry = await entered();
    await work();
    await amend(entry, '0.75');
    await cancel(entry);
    ace.mischief = REJECTS;
    await workAgain();
    expect(await filed(entry.id)).toEqual(['FILE NOT_NEEDED 2', 'AMEND NOT_NEEDED 0', 'CANCEL NOT_NEEDED 0']);
    expect(await jobOf(entry.id)).toBeUndefined();
  });

  test.each([
    ['amended', ['FILE NOT_NEEDED 1', 'AMEND NOT_NEEDED 0', 'FILE DONE 1']],
    ['cancelled', ['FILE NOT_NEEDED 1', 'CANCEL NOT_NEEDED 0']],
  ])('rejected, and %s while that answer is on its way', async (what, states) => {
    const entry = await entered();
    const meanwhile = async (moment: string) => {
      if (moment !== 'DONE') return;
      ace.mischief = {};
      await (what === 'amended' ? amend(entry, '0.75') : cancel(entry));
    };
    ace.mischief = { ...REJECTS, meanwhile };
    await work();
    expect(await filed(entry.id)).toEqual(states);
    expect(await jobOf(entry.id)).toBeUndefined();
  });

  test.each(['amendment', 'cancellation'])('an amendment that is rejected is left out where another change waits: %s', async (what) => {
    const entry = await entered();
    await work();
    ace.mischief = { down: true };
    await amend(entry, '0.75');
    await work();
    if (what === 'amendment') await amend(entry, '0.25');
    else await cancel(entry);
    ace.mischief = once(REJECTS);
    await workAgain();
    const act = what === 'amendment' ? 'AMEND' : 'CANCEL';
    expect(await filed(entry.id)).toEqual(['FILE DONE 1', 'AMEND NOT_NEEDED 2', `${act} DONE 1`]);
    expect(await jobOf(entry.id)).toBeUndefined();
  });

  test('one of more than a mebibyte is refused: it could never be sent', async () => {
    const { certificate } = await entered();
    const codes = Array.from({ length: 200 }, (_, index) => `O-LONG-${index}-${'x'.repeat(80)}`);
    const grown = { producer: IMPORTER, product: 'Organic green coffee', quantity: 1, unit: 'KGM', kind: 'harvest' };
    await lotline.import({ 'lots.csv': csv(codes.map((code) => ({ code, ...grown }))) });
    const found = await lotline.database.query<{ id: string }>(`select id from lot where code like 'O-LONG-%'`);
    await lotline.database.query(
      `insert into import_certificate_line (id, import_certificate, product, grams, value, unit, recorded_by)
       select gen_random_uuid(), import_certificate, product, grams, value, unit, recorded_by from import_certificate_line where import_certificate = $1`,
      [uuidOf(certificate)],
    );
    const lots = found.map(({ id }) => Buffer.from(`Lot:${id}`).toString('base64url'));
    const lines = Array.from({ length: 60 }, (_, index) => ({ ...linesOn(certificate, '0.001')[0], line: index + 1, lots }));
    const input = { importer: ids[IMPORTER], number: entryNumber(970), filedOn: TODAY, lines };
    const { errors } = await ask('recordCustomsEntry', input, importer);
    expect(errors).toMatchObject([
      {
        message: 'the Automated Commercial Environment takes no more than 1 MiB at once',
        extensions: { code: 'REFUSED', path: ['input', 'lines'], remedy: 'split it: file several entries' },
      },
    ]);
    expect((await ask('recordCustomsEntry', { ...input, lines: lines.slice(0, 40) }, importer)).errors).toBeUndefined();
    await work();
  });

  test('an amendment that is rejected leaves it as it was; the next one takes its place', async () => {
    const entry = await entered();
    await work();
    ace.mischief = REJECTS;
    await amend(entry, '0.75');
    await work();
    expect(await filed(entry.id)).toEqual(['FILE DONE 1', 'AMEND FAILED 1']);
    ace.mischief = {};
    await amend(entry, '0.25');
    await work();
    expect(await filed(entry.id)).toEqual(['FILE DONE 1', 'AMEND NOT_NEEDED 1', 'AMEND DONE 1']);
    expect(sent(entry.id)).toEqual(['0.5', '0.75', '0.25']);
    expect(await jobOf(entry.id)).toBeUndefined();
  });
});

test('a filing is amended and cancelled under keys of its own, each once', async () => {
  const { port } = systems.AUTOMATED_COMMERCIAL_ENVIRONMENT!;
  const filed = (kilograms: string, number = certificateNumber(77, 9)) => ({
    entry: entryNumber(498),
    lines: [{ line: 1, certificate: number, hts: '0901110015', kilograms, lots: [] }],
  });
  const paths = () => ace.memory.paths.filter((path) => path.startsWith('/filings/port')).map((path) => path.split('/').slice(3).join(' '));
  await expect(port.file('port', filed('1', '9990000001'))).rejects.toThrow(
    'rejected it: Line 1: the number of an import certificate has 21 characters',
  );
  await expect(port.cancel('port', { reason: 'why not' })).rejects.toThrow('refused it: Nothing was accepted under this key.');
  await port.file('port', filed('1'));
  await port.file('port', filed('1'));
  // What was rejected is so when it arrives once more.
  await expect(port.file('port', filed('1', '9990000001'))).rejects.toThrow('rejected it');
  await expect(port.file('port', filed('2'))).rejects.toThrow('refused it: Something else was sent under this key.');
  for (let twice = 0; twice < 2; twice++) await port.amend('port', 'a', { reason: 'weighed', filing: filed('2') });
  await expect(port.amend('port', 'b', { reason: 'weighed', filing: filed('0') })).rejects.toThrow('rejected it');
  for (let twice = 0; twice < 2; twice++) await port.cancel('port', { reason: 'sent back' });
  await expect(port.amend('port', 'c', { reason: 'weighed', filing: filed('3') })).rejects.toThrow('refused it: It was cancelled.');
  expect(paths()).toEqual(['', 'amendment a', 'amendment b', 'cancellation']);
});

test('the standing of an operation is asked of the OID', async () => {
  const { port } = systems.ORGANIC_INTEGRITY_DATABASE!;
  oid.operations.set(EXPORTER, [{ status: 'CERTIFIED', effectiveFrom: '2024-01-01', reason: null }]);
  expect(await port.operation(EXPORTER)).toEqual([{ status: 'CERTIFIED', effectiveFrom: '2024-01-01', reason: null }]);
  expect(await port.operation('9999999999')).toBeNull();
  oid.mischief = { answer: { history: [{ status: 1 }] } };
  await expect(port.operation(EXPORTER)).rejects.toThrow('answered what docs/outside.md does not allow: history.0.status');
});
