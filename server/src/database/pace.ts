import { setImmediate as others } from 'node:timers/promises';
import { type Deadline, timedOut } from './deadline';

/** Most objects of lists that an answer is put together of in one go. */
const MOST_AT_A_STRETCH = 1000;

interface Stretch {
  objects: number;
  /** When it may begin; null at once. */
  begins: Promise<void> | null;
}

/** Lets others have their turn while a large answer is put together, and ends one whose time has passed. */
export class Pace {
  private stretch: Stretch | null = null;

  constructor(private readonly deadline?: Deadline) {}

  /**
   * Called for each page of a list, with the objects on it.
   * @returns when they may be written; null at once, as of all answers that are not large. Fails with TIMED_OUT
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

  private async after({ begins }: Stretch): Promise<void> {
    await begins;
    await others();
    if (this.deadline && this.deadline.left <= 0) throw timedOut();
  }
}
