import { setImmediate as others } from 'node:timers/promises';

/** Most lists, and objects of them, that an answer is put together of in one go. */
const MOST_AT_A_STRETCH = 1000;

interface Stretch {
  objects: number;
  /** When it may begin; null at once. */
  begins: Promise<void> | null;
}

/** Lets others have their turn while a large answer is put together, and ends one that is not to go on. */
export class Pace {
  private stretch: Stretch | null = null;
  private isLeft = false;

  /**
   * @param asked the end of what has been asked of the database so far
   * @param goOn fails where the answer is not to go on
   */
  constructor(
    private readonly asked: () => Promise<unknown>,
    private readonly goOn: () => Promise<void>,
  ) {}

  /**
   * Called for each list that is asked for, and each object of one.
   * @param objects as how many it counts
   * @returns when it may be written; null at once, as of all answers that are not large. Fails where the answer is not to go on
   */
  turn(objects: number): Promise<void> | null {
    const { stretch } = this;
    if (stretch && stretch.objects + objects <= MOST_AT_A_STRETCH) {
      stretch.objects += objects;
      return stretch.begins;
    }
    const begins = stretch && this.after(stretch);
    const next = { objects, begins };
    this.stretch = next;
    const ended = (): void => {
      if (this.stretch === next) this.stretch = null;
    };
    if (begins) begins.then(others).then(ended, () => {});
    else others().then(ended);
    return begins;
  }

  /** The answer is told, or given up: what waits for its turn has none. */
  leave(): void {
    this.isLeft = true;
  }

  private async after({ begins }: Stretch): Promise<void> {
    // Where that has failed this one fails in a turn of its own: thousands that fail at once hold others up as well.
    await begins?.catch(() => {});
    for (let asked: unknown; asked !== this.asked(); ) {
      asked = this.asked();
      await asked;
      await others();
    }
    if (this.isLeft) await new Promise<never>(() => {});
    await this.goOn();
  }
}
