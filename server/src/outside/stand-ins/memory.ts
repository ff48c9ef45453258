import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { type Asked, canonical, type Reply } from './stand-in';

/** What was done under each path: it is not done again, and answered as before. Kept in a file where one is given, a line for each. */
export class Memory {
  private readonly done = new Map<string, { body: string; reply: Reply }>();

  constructor(private readonly file: string | null) {
    if (file === null || !existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n'))
      if (line !== '') this.done.set(...(JSON.parse(line) as [string, { body: string; reply: Reply }]));
  }

  /** Paths under which something was done, in that order. */
  get paths(): string[] {
    return [...this.done.keys()];
  }

  /** What was answered under a path; null where nothing was. */
  answered(path: string): Reply | null {
    return this.done.get(path)?.reply ?? null;
  }

  /** Does something once. @param again may another body take the place of that one? */
  once({ path, body }: Asked, act: () => Reply, again: (earlier: Reply) => boolean = () => false): Reply {
    const same = canonical(body);
    const earlier = this.done.get(path);
    if (earlier?.body === same) return earlier.reply;
    if (earlier && !again(earlier.reply))
      return { status: 409, body: { reasons: [{ message: 'Something else was sent under this key.' }] } };
    const reply = act();
    if (reply.status > 299) return reply;
    const done = { body: same, reply };
    this.done.set(path, done);
    if (this.file !== null) appendFileSync(this.file, `${JSON.stringify([path, done])}\n`);
    return reply;
  }
}
