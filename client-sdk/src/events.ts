/** One server-sent event (WHATWG HTML, 9.2.6). */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: string;
}

const lineOf = (line: string): [name: string, value: string] => {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
};

/** Reads events out of text as it comes in; what is cut off at the end is none. */
export class EventReader {
  /** After how long to come back, milliseconds; null where the stream has not said. */
  retryMs: number | null = null;
  private rest = '';

  /** The events that this text completes. */
  take(text: string): ServerEvent[] {
    const all = this.rest + text;
    // It may be the first half of an end of line.
    const held = all.endsWith('\r') ? '\r' : '';
    const blocks = all
      .slice(0, all.length - held.length)
      .replace(/\r\n?/g, '\n')
      .split('\n\n');
    this.rest = blocks.pop()! + held;
    return blocks.flatMap((block) => this.read(block));
  }

  private read(block: string): ServerEvent[] {
    const data: string[] = [];
    let [event, id]: [string, string | null] = ['message', null];
    for (const [name, value] of block.split('\n').map(lineOf)) {
      if (name === 'data') data.push(value);
      else if (name === 'event') event = value;
      else if (name === 'id') id = value;
      else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    }
    return data.length > 0 ? [{ event, id, data: data.join('\n') }] : [];
  }
}
