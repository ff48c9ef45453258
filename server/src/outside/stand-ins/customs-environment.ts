import { Memory } from './memory';
import { type Asked, type Reply, refused, StandIn, type StandInOptions } from './stand-in';

const NUMBER = /^\d{3}-\d{10}-\d{6}$/;
const ENTRY = /^[0-9A-Z]{3}-\d{7}-\d$/;

interface Line {
  line?: unknown;
  certificate?: unknown;
  kilograms?: unknown;
}

const isAccepted = (reply: Reply | null): boolean => (reply?.body as { verdict?: string } | undefined)?.verdict === 'ACCEPTED';

/** Why customs would not take a filing. */
function wrongIn({ entry, lines }: { entry?: unknown; lines?: unknown }): string[] {
  const wrong: string[] = [];
  if (!ENTRY.test(String(entry))) wrong.push('An entry number is XXX-NNNNNNN-C.');
  if (!Array.isArray(lines) || lines.length === 0) return [...wrong, 'A filing has at least one line.'];
  for (const { line, certificate, kilograms } of lines as Line[]) {
    if (!NUMBER.test(String(certificate)))
      wrong.push(`Line ${line}: the number of an import certificate has 21 characters, NNN-NNNNNNNNNN-NNNNNN.`);
    if (!/^\d+(?:\.\d+)?$/.test(String(kilograms)) || Number(kilograms) === 0)
      wrong.push(`Line ${line}: a net quantity in kilograms is above zero.`);
  }
  return wrong;
}

/** Stands in for the Automated Commercial Environment, written from docs/outside.md. */
export class CustomsEnvironment extends StandIn {
  readonly memory: Memory;

  /** @param file what is done is kept there, where one is given */
  constructor(options: StandInOptions & { file?: string | null } = {}) {
    super(options);
    this.memory = new Memory(options.file ?? null);
  }

  protected reply(asked: Asked): Reply {
    const [noun, key, act, of, ...rest] = asked.path.split('/').slice(1);
    if (noun !== 'filings' || !key || asked.method !== 'PUT' || rest.length > 0) return refused(404, 'There is nothing here.');
    const body = asked.body as { filing?: object };
    if (act === undefined)
      return this.memory.once(
        asked,
        () => this.judged(asked.body as object),
        (earlier) => !isAccepted(earlier),
      );
    if (!isAccepted(this.memory.answered(`/filings/${key}`))) return refused(404, 'Nothing was accepted under this key.');
    if (act === 'cancellation' && of === undefined) return this.memory.once(asked, () => ({ status: 200, body: { verdict: 'ACCEPTED' } }));
    if (act !== 'amendment' || !of) return refused(404, 'There is nothing here.');
    return this.memory.once(asked, () =>
      this.memory.answered(`/filings/${key}/cancellation`) ? refused(410, 'It was cancelled.') : this.judged(body.filing ?? {}),
    );
  }

  private judged(filing: object): Reply {
    const wrong = this.mischief.rejects ? [this.mischief.rejects] : wrongIn(filing);
    return {
      status: 200,
      body: wrong.length === 0 ? { verdict: 'ACCEPTED' } : { verdict: 'REJECTED', reasons: wrong.map((message) => ({ message })) },
    };
  }
}
