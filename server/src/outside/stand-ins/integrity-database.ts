import { createHash } from 'node:crypto';
import { Memory } from './memory';
import { type Asked, type Reply, refused, StandIn, type StandInOptions } from './stand-in';

/** Digits out of a key, always the same: a number belongs to one key, whatever was forgotten. */
function digitsOf(key: string, many: number): string {
  const hash = BigInt(`0x${createHash('sha256').update(key).digest('hex')}`);
  return hash.toString().slice(-many).padStart(many, '0');
}

const numberOf = (key: string): string => {
  const digits = digitsOf(key, 16);
  return `999-${digits.slice(0, 10)}-${digits.slice(10)}`;
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const DONE: Reply = { status: 200, body: {} };

/** Stands in for the Organic Integrity Database, written from docs/outside.md. */
export class IntegrityDatabase extends StandIn {
  /** Histories of operations, by NOP ID. */
  readonly operations = new Map<string, { status: string; effectiveFrom: string; reason: string | null }[]>();
  readonly memory: Memory;

  /** @param file what is done is kept there, where one is given */
  constructor(options: StandInOptions & { file?: string | null } = {}) {
    super(options);
    this.memory = new Memory(options.file ?? null);
  }

  protected reply(asked: Asked): Reply {
    const [noun, key, act, of, ...rest] = asked.path.split('/').slice(1).map(decodeURIComponent);
    if (noun === 'operations' && isText(key) && act === undefined && asked.method === 'GET') {
      const history = this.operations.get(key);
      return history ? { status: 200, body: { history } } : refused(404, 'There is no such operation.');
    }
    if (noun !== 'certificates' || !isText(key) || asked.method !== 'PUT' || rest.length > 0) return refused(404, 'There is nothing here.');
    const isVoid = () => this.memory.answered(`/certificates/${key}/void`) !== null;
    if (act === undefined)
      return this.memory.once(asked, () =>
        isVoid() ? refused(410, 'It was taken back.') : this.issue(key, asked.body as Record<string, unknown>),
      );
    const { reason } = asked.body as Record<string, unknown>;
    if (!isText(reason)) return refused(422, 'A reason is missing.');
    if (act === 'void' && of === undefined) return this.memory.once(asked, () => DONE);
    if (this.memory.answered(`/certificates/${key}`) === null) return refused(404, 'Nothing was issued under this key.');
    if (act !== 'revision' || !isText(of)) return refused(404, 'There is nothing here.');
    return this.memory.once(asked, () => (isVoid() ? refused(410, 'It is void.') : DONE));
  }

  private issue(key: string, { certifier, kind, hts, kilograms, lines, exporter, importer }: Record<string, unknown>): Reply {
    if (![certifier, kind, hts, kilograms].every(isText) || !Array.isArray(lines) || !exporter || !importer)
      return refused(422, 'A certificate has a certifier, a kind, an HTS code, kilograms, lines, an exporter and an importer.');
    if (!/^\d{10}$/.test(hts as string)) return refused(422, 'An HTS code has ten digits.');
    return { status: 201, body: { number: numberOf(key) } };
  }
}
