import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Asked, canonical, type Reply } from './stand-in';

interface Done {
  body: string;
  reply: Reply;
}

/** What was done under each path: it is not done again, and answered as before. Kept in a file where one is given, a line for each. */
export class Memory {
  private readonly done = new Map<string, Done>();
  /** What was answered before another body took its place, by path and body: it is not looked at anew. */
  private readonly replaced = new Map<string, Reply>();

  constructor(private readonly file: string | null) {}

  /** Paths under which something was done, in that order. */
  get paths(): string[] {
    return [...this.known().keys()];
  }

  /** What was answered under a path; null where nothing was. */
  answered(path: string): Reply | null {
    return this.known().get(path)?.reply ?? null;
  }

  /** Does something once. @param again may another body take the place of that one? */
  once({ path, body }: Asked, act: () => Reply, again: (earlier: Reply) => boolean = () => false): Reply {
    const same = canonical(body);
    const earlier = this.known().get(path);
    const before = earlier?.body === same ? earlier.reply : this.replaced.get(`${path} ${same}`);
    if (before) return before;
    if (earlier && !again(earlier.reply))
      return { status: 409, body: { reasons: [{ message: 'Something else was sent under this key.' }] } };
    const reply = act();
    if (reply.status > 299) return reply;
    const done = { body: same, reply };
    this.remember(path, done);
    if (this.file !== null) appendFileSync(this.file, `${JSON.stringify([path, done])}\n`);
    return reply;
  }

  /** All that was done, also by another that keeps its memory in the same file. */
  private known(): Map<string, Done> {
    if (this.file === null || !existsSync(this.file)) return this.done;
    const lines = readFileSync(this.file, 'utf8').split('\n').slice(0, -1);
    for (const line of lines) this.remember(...(JSON.parse(line) as [string, Done]));
    return this.done;
  }

  private remember(path: string, done: Done): void {
    const earlier = this.done.get(path);
    if (earlier) this.replaced.set(`${path} ${earlier.body}`, earlier.reply);
    this.done.set(path, done);
  }
}
