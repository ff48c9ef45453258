import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, ANALYST, certifierViewer, mintToken, operationViewer, type Viewer } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cursors } from '@lotline/server/log';
import { Follower, TRANSPORTS } from './follower';
import { csv, writeFolder } from './lotline';

// Everything that servers are for, at once: questions, commands that make, move and lose mass, uploads, subscribers; and what has come of it.

const CERTIFIERS = ['ZZ1', 'ZZ2'] as const;
const TODAY = new Date().toISOString().slice(0, 10);
/** How long a command may take to be acknowledged where it is given again, milliseconds. */
const PATIENCE_MS = 60_000;
/** How long the last of the history may take to reach every subscriber, milliseconds. */
const HEARD_WITHIN_MS = 60_000;
const kilograms = (value: string) => ({ value, unit: 'KGM' });

const LOT_EVENTS = `subscription ($filter: LotFilter, $after: Cursor) { lotEvents(filter: $filter, after: $after) {
  cursor sequence change { kind kilograms lot { code producer { name } } } } }`;
const lineOf = ({ kind, kilograms: mass, lot }: any) => `${lot.producer.name} ${kind} ${lot.code} ${mass}`;

export interface TrafficOptions {
  /** Where servers are asked. */
  port: () => number;
  /** Is what fails tried again, as a client does? Without it every failure is kept. */
  patient: boolean;
  /** How many of each, and the pause of each writer and reader, milliseconds. */
  writers: number;
  readers: number;
  uploaders: number;
  subscribers: number;
  pauseMs: number;
}

interface Farm {
  id: string;
  name: string;
  certifier: string;
  token: string;
}

export class Traffic {
  /** What must not have happened. */
  readonly failures: string[] = [];
  /** What was done, each kind as often as it was answered. */
  readonly done = new Map<string, number>();
  /** The longest that an answer took, milliseconds. */
  slowest = 0;
  /** Keys of commands that were acknowledged. */
  private readonly acknowledged: string[] = [];
  private readonly uploads: { document: string; sha256: string }[] = [];
  private isOver = false;
  private end: bigint | null = null;
  private running: Promise<unknown>[] = [];
  private followers: { follower: Follower; hears: (farm: Farm) => boolean; name: string; ended: Promise<void> }[] = [];

  private constructor(
    private readonly options: TrafficOptions,
    private readonly databaseUrl: string,
    private readonly farms: Farm[],
    private readonly product: string,
    private readonly admin: string,
  ) {}

  /** Makes the ground in an empty database, and begins. */
  static async begin(databaseUrl: string, options: TrafficOptions): Promise<Traffic> {
    const database = await Database.open(databaseUrl);
    try {
      const names = Array.from({ length: Math.max(options.writers, options.uploaders) * 2 }, (_, index) => `TRAFFIC:${index}`);
      const folder = writeFolder({
        'certifiers.csv': csv(CERTIFIERS.map((certifier) => ({ certifier, name: `Certifier ${certifier} (invented)`, scheme: 'NOP' }))),
        'operations.csv': csv(names.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'producer' }))),
        'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
        'operation_certificates.csv': csv(
          names.map((operation, index) => ({
            operation,
            certifier: CERTIFIERS[index % 2],
            status: 'CERTIFIED',
            effective_from: '1990-01-01',
            scope: 'Crops',
            standard: 'NOP',
          })),
        ),
      });
      await importFolder(new Runner(database), ADMINISTRATOR, folder);
      rmSync(folder, { recursive: true, force: true });
      const { tokenKey } = database.installation;
      const rows = await database.query<Omit<Farm, 'token'>>(
        `select o.id, o.name, c.certifier from operation o join operation_certificate c on c.operation = o.id order by length(o.name), o.name`,
      );
      const farms = await Promise.all(rows.map(async (row) => ({ ...row, token: await mintToken(operationViewer(row.id), tokenKey) })));
      const [product] = await database.query<{ id: string }>('select id from product');
      const [begin] = await database.query<{ position: string; command: string }>('select position, command from log_counter');
      const traffic = new Traffic(options, databaseUrl, farms, product!.id, await mintToken(ADMINISTRATOR, tokenKey));
      await traffic.subscribe(new Cursors(database.installation), tokenKey, begin!);
      traffic.run();
      return traffic;
    } finally {
      await database.close();
    }
  }

  /** How many of a kind were answered so far. */
  count(kind: string): number {
    return this.done.get(kind) ?? 0;
  }

  /** Ends it, waits for what is on its way, and compares what was answered and heard with what the database says. */
  async finish(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
    const database = await Database.open(this.databaseUrl);
    try {
      const [last] = await database.query<{ position: string }>('select position from log_counter');
      this.end = BigInt(last!.position);
      for (const { follower } of this.followers) follower.look();
      const late = setTimeout(() => {
        for (const { follower } of this.followers) follower.stop();
      }, HEARD_WITHIN_MS);
      await Promise.all(this.followers.map(({ ended }) => ended));
      clearTimeout(late);
      await this.compareCommands(database);
      await this.compareStreams(database);
      await this.compareFiles();
      await this.compareSums(database);
    } finally {
      await database.close();
    }
  }

  /** How often streams were opened, all together. */
  get opened(): number {
    return this.followers.reduce((sum, { follower }) => sum + follower.opened, 0);
  }

  get heard(): number {
    return this.followers.reduce((sum, { follower }) => sum + follower.heard.length, 0);
  }

  private run(): void {
    const { writers, readers, uploaders } = this.options;
    const many = (count: number, work: (index: number, round: number) => Promise<void>) =>
      Array.from({ length: count }, async (_, index) => {
        for (let round = 0; !this.isOver; round++) {
          try {
            await work(index, round);
          } catch (error) {
            this.failures.push(String(error));
          }
          await sleep(this.options.pauseMs * (0.5 + Math.random()));
        }
      });
    this.running = [
      ...many(writers, (index, round) => this.write(index, round)),
      ...many(readers, (index, round) => this.read(index + round)),
      ...many(uploaders, (index, round) => this.upload(index, round)),
    ];
  }

  /** A lot is born, a part of it is handed over, a part of the rest is lost. */
  private async write(index: number, round: number): Promise<void> {
    const [farm, buyer] = [this.farms[index * 2]!, this.farms[index * 2 + 1]!];
    const key = `${index} ${round}`;
    const [producer, receiver] = [toGlobalId('Operation', farm.id), toGlobalId('Operation', buyer.id)];
    const product = toGlobalId('Product', this.product);
    const quantity = kilograms(`${1000 + round}.5`);
    const harvest = { idempotencyKey: `harvest ${key}`, producer, product, code: key, quantity, producedOn: '2025-09-01', country: 'TR' };
    const lot = (await this.command('recordHarvest', 'lot { id }', harvest, farm.token))?.lot.id;
    if (!lot) return;
    const offer = { idempotencyKey: `offer ${key}`, lot, sender: producer, receiver, quantity: kilograms('400.125'), on: TODAY };
    const offered = await this.command('offerTransfer', 'transferOffer { id }', offer, farm.token);
    if (!offered) return;
    const accept = { idempotencyKey: `accept ${key}`, transferOffer: offered.transferOffer.id, on: TODAY };
    await this.command('acceptTransfer', '__typename', accept, buyer.token);
    const loss = { idempotencyKey: `loss ${key}`, lot, holder: producer, kind: 'MOISTURE', quantity: kilograms('1.001'), on: TODAY };
    await this.command('recordLoss', '__typename', loss, farm.token);
  }

  private async read(round: number): Promise<void> {
    const farm = this.farms[round % this.farms.length]!;
    const questions = [
      '{ lots(first: 20) { nodes { code quantity { kilograms } producer { name } holdings { nodes { kilograms operation { name } } } } } }',
      `{ operation(identifier: "${farm.name}") { name certificates { nodes { certifier { code } } } lots(first: 10) { nodes { code balance { born lost onHand } } } } }`,
      '{ operations(first: 20) { nodes { name country } } }',
    ];
    await this.ask('question', { query: questions[round % questions.length]! }, farm.token);
  }

  /** A file comes slowly, a paper claims it, and it is read again. */
  private async upload(index: number, round: number): Promise<void> {
    const farm = this.farms[index]!;
    const bytes = Buffer.concat([Buffer.from(`%PDF-1.7\n${index} ${round}\n`), randomBytes(12_000), Buffer.from('\n%%EOF\n')]);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.send(
      'upload',
      '/files',
      () => ({ method: 'POST', body: slowly(bytes), duplex: 'half' }),
      farm.token,
      async (response) => {
        const body = (await response.json()) as any;
        if (response.status !== 201) throw new Answered(JSON.stringify(body), body.errors?.[0]?.extensions?.retryable ?? false);
        if (body.sha256 !== sha256) throw new Error(`${body.sha256} was answered to ${sha256}`);
        return body;
      },
    );
    const operation = toGlobalId('Operation', farm.id);
    const paper = { type: 'INVOICE', number: `paper ${index} ${round}`, issuer: operation, issuedOn: '2025-09-02', markedOrganic: 'YES' };
    const input = { idempotencyKey: `attach ${index} ${round}`, operation, paper, sha256 };
    const document = (await this.command('attachDocument', 'document { id }', input, farm.token))?.document.id;
    if (document) this.uploads.push({ document, sha256 });
  }

  private async command(name: string, payload: string, input: { idempotencyKey: string }, token: string): Promise<any> {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { cursor ${payload} } }`;
    const data = await this.ask('command', { query, variables: { input } }, token);
    if (data?.[name]) this.acknowledged.push(input.idempotencyKey);
    return data?.[name];
  }

  private ask(kind: string, body: object, token: string): Promise<any> {
    const init = () => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return this.send(kind, '/graphql', init, token, async (response) => {
      const text = await response.text();
      const { data, errors } = (text.startsWith('{') ? JSON.parse(text) : { errors: [{ message: text }] }) as any;
      if (!errors && data) return data;
      const retryable = errors?.[0]?.extensions ? errors[0].extensions.retryable === true : response.status >= 502;
      throw new Answered(`${response.status} ${JSON.stringify(errors)} to ${JSON.stringify(body).slice(0, 300)}`, retryable);
    });
  }

  /** Sends a request; again and again where that is asked for, until it is answered. Undefined where it failed, which is kept. */
  private async send<Given>(
    kind: string,
    path: string,
    init: () => RequestInit & { duplex?: 'half' },
    token: string,
    read: (response: Response) => Promise<Given>,
  ): Promise<Given | undefined> {
    for (const last = Date.now() + PATIENCE_MS; ; await sleep(50 + Math.random() * 100)) {
      const begun = Date.now();
      try {
        const { headers, ...rest } = init();
        const response = await fetch(`http://127.0.0.1:${this.options.port()}${path}`, {
          ...rest,
          headers: { ...headers, authorization: `Bearer ${token}` },
          signal: AbortSignal.timeout(this.options.patient ? 5000 : 30_000),
        });
        const given = await read(response);
        this.slowest = Math.max(this.slowest, Date.now() - begun);
        this.done.set(kind, this.count(kind) + 1);
        return given;
      } catch (error) {
        if (this.options.patient && !(error instanceof Answered && !error.retryable) && Date.now() < last) continue;
        const cause = (error as Error).cause;
        this.failures.push(`${kind} after ${Date.now() - begun} ms: ${error}${cause ? ` (${cause})` : ''}`);
        return undefined;
      }
    }
  }

  private async subscribe(cursors: Cursors, tokenKey: Buffer, begin: { position: string; command: string }): Promise<void> {
    const start = { position: BigInt(begin.position) as never, command: begin.command, told: null };
    for (let index = 0; index < this.options.subscribers; index++) {
      const farm = this.farms[(Math.floor(index / 3) * 2) % (this.options.writers * 2)]!;
      const everything = { viewer: ANALYST as Viewer, filter: {}, hears: () => true };
      const ofOne = {
        viewer: operationViewer(farm.id),
        filter: { producers: [toGlobalId('Operation', farm.id)] },
        hears: ({ id }: Farm) => id === farm.id,
      };
      const ofCertifier = {
        viewer: certifierViewer(farm.certifier),
        filter: { producers: this.farms.filter((each) => each.certifier === farm.certifier).map(({ id }) => toGlobalId('Operation', id)) },
        hears: ({ certifier }: Farm) => certifier === farm.certifier,
      };
      const { viewer, filter, hears } = [everything, ofOne, ofCertifier][Math.floor(index / 3) % 3]!;
      const transport = TRANSPORTS[index % TRANSPORTS.length]!;
      const follower = new Follower({
        transport,
        port: this.options.port(),
        query: LOT_EVENTS,
        filter,
        after: cursors.encode(start, viewer.name),
        token: await mintToken(viewer, tokenKey),
        lineOf,
        isDone: (cursor) => {
          if (this.end === null) return false;
          const { position, told } = cursors.decode(cursor, viewer.name);
          return told === null && position >= this.end;
        },
      });
      this.followers.push({ follower, hears, name: `${transport}, ${viewer.kind}`, ended: follower.follow() });
    }
  }

  /** Each acknowledged command is there once, and nothing else is. */
  private async compareCommands(database: Database): Promise<void> {
    const rows = await database.query<{ key: string }>(
      `select key from command where key ~ '^(harvest|offer|accept|loss|attach) ' order by position`,
    );
    const times = new Map<string, number>();
    for (const { key } of rows) times.set(key, (times.get(key) ?? 0) + 1);
    const lost = this.acknowledged.filter((key) => times.get(key) !== 1);
    const known = new Set(this.acknowledged);
    const strange = this.options.patient ? [...times.keys()].filter((key) => !known.has(key)) : [];
    if (lost.length > 0) this.failures.push(`acknowledged, and not there once: ${lost.slice(0, 10)}`);
    if (strange.length > 0) this.failures.push(`there, and not acknowledged: ${strange.slice(0, 10)}`);
  }

  private async compareStreams(database: Database): Promise<void> {
    const history = await database.query<{ producer: string; kind: string; line: string }>(
      `select l.producer, o.name || ' HARVESTED ' || l.code as line
       from command c join event e on e.command = c.id join lot l on l.id = e.subject join operation o on o.id = l.producer
       where e.type = 'lot.born' order by c.position, e.ordinal`,
    );
    for (const { follower, hears, name } of this.followers) {
      const expected = history.filter(({ producer }) => hears(this.farms.find(({ id }) => id === producer)!)).map(({ line }) => line);
      const born = follower.heard.filter((line) => line.includes(' HARVESTED ')).map((line) => line.replace(/ [\d.]+$/, ''));
      const place = expected.findIndex((line, index) => line !== born[index]);
      if (place >= 0 || born.length !== expected.length)
        this.failures.push(
          `${name} heard ${born.length} births of ${expected.length}, first other at ${place}: ${born[place]}, not ${expected[place]}`,
        );
      const twice = follower.heard.filter((line, index) => follower.heard.indexOf(line) !== index);
      if (twice.length > 0) this.failures.push(`${name} heard twice: ${twice.slice(0, 5)}`);
      for (const wrong of follower.wrong.slice(0, 3)) this.failures.push(`${name}: ${wrong}`);
    }
  }

  private async compareFiles(): Promise<void> {
    for (const { document, sha256 } of this.uploads) {
      const get = () =>
        fetch(`http://127.0.0.1:${this.options.port()}/documents/${document}/content`, {
          headers: { authorization: `Bearer ${this.admin}` },
        });
      // A connection that is reused may have been closed while all was compared that came before.
      const response = await get().catch(get);
      const found = createHash('sha256')
        .update(Buffer.from(await response.arrayBuffer()))
        .digest('hex');
      if (found !== sha256) this.failures.push(`the bytes of ${document} are ${found} (${response.status}), not ${sha256}`);
    }
  }

  /** What the graph says each operation has had, against sums of the facts, which know nothing of the holdings that the graph reads. */
  private async compareSums(database: Database): Promise<void> {
    const sums = await database.query<Record<string, string>>(
      `with moves as (
         select producer as owner, grams as born, 0 as received, 0 as sent, 0 as lost from lot
         union all select receiver, 0, grams, 0, 0 from transfer where retracted_by is null
         union all select sender, 0, 0, grams, 0 from transfer where retracted_by is null
         union all select holder, 0, 0, 0, grams from lot_adjustment where retracted_by is null
       ) select o.id, coalesce(sum(born), 0) as born, coalesce(sum(received), 0) as received, coalesce(sum(sent), 0) as sent,
         coalesce(sum(lost), 0) as lost, coalesce(sum(born + received - sent - lost), 0) as closing
       from operation o left join moves m on m.owner = o.id group by o.id`,
    );
    const fields = ['born', 'received', 'sent', 'lost', 'closing'] as const;
    const product = toGlobalId('Product', this.product);
    for (const sum of sums) {
      const query = `{ massBalance(operation: "${toGlobalId('Operation', sum.id!)}", product: "${product}", from: "2025-01-01", to: "${TODAY}") { ${fields.join(' ')} unexplained } }`;
      const balance = (await this.ask('sum', { query }, this.admin))?.massBalance;
      for (const field of fields) {
        const grams = BigInt(Math.round(Number(balance?.[field] ?? Number.NaN) * 1000));
        if (grams !== BigInt(sum[field]!))
          this.failures.push(`${field} of ${sum.id}: the graph says ${balance?.[field]}, the facts ${sum[field]} g`);
      }
    }
    const held = await database.query<{ held: string; born: string }>(
      `select (select coalesce(sum(grams), 0) from holding) as held,
         (select coalesce(sum(grams), 0) from lot) - (select coalesce(sum(grams), 0) from lot_adjustment where retracted_by is null) as born`,
    );
    if (held[0]!.held !== held[0]!.born) this.failures.push(`holdings sum up to ${held[0]!.held} g, the facts to ${held[0]!.born} g`);
  }
}

/** An answer that says that it failed. */
class Answered extends Error {
  constructor(
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}

/** A body that takes a while: it is on its way when a server is told to stop. */
function slowly(bytes: Buffer): ReadableStream {
  const parts = Array.from({ length: 4 }, (_, index) => bytes.subarray((bytes.length * index) / 4, (bytes.length * (index + 1)) / 4));
  return new ReadableStream({
    async pull(controller) {
      const part = parts.shift();
      if (!part) return controller.close();
      controller.enqueue(new Uint8Array(part));
      await sleep(80);
    },
  });
}
