import type { Progress } from './import';

const WIDTH = 24;

/** A bar on a terminal, plain lines otherwise. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress & { end(): void } {
  let last = '';
  const clear = () => {
    if (stream.isTTY && last !== '') stream.write('\r\x1b[K');
    last = '';
  };
  return {
    step(what, done, of) {
      if (!stream.isTTY) {
        if (what !== last) stream.write(`${what}\n`);
        last = what;
        return;
      }
      const filled = done !== undefined && of !== undefined && of > 0 ? Math.round((WIDTH * done) / of) : null;
      const bar = filled === null ? '' : ` [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}]`;
      stream.write(`\r\x1b[K${what}${bar}${done === undefined ? '' : ` ${done}`}`);
      last = what;
    },
    note(line) {
      clear();
      stream.write(`${line}\n`);
    },
    end: clear,
  };
}
