import type { Day } from '@lotline/schema';
import { OF_LOTS } from '../access';
import type { Closure } from '../lineage';
import type { Question } from '../questions';
import { type StoryFacts, storyFacts, type TracedLot } from './facts';
import type { Account, Accounts } from './gaps';
import { paperworkOf, readPapers } from './paperwork';
import { behindOf, seenOf } from './seen-facts';
import { type Counting, EVERYTHING, type Sight, type SightOfViewer, wholeOf } from './sight';

/** The facts and papers about the lots of a chain, as far as a viewer sees them: read once, and only if they are asked for. */
export class Evidence {
  private facts: Promise<StoryFacts> | null = null;
  private inSight: Promise<StoryFacts> | null = null;
  private told: Promise<Accounts> | null = null;

  constructor(
    private readonly question: Question,
    private readonly closure: Closure,
    /** All lots, and those that are not withheld. */
    private readonly lots: { all: readonly TracedLot[]; seen: readonly TracedLot[] },
    /** Null for who sees everything. */
    private readonly sight: SightOfViewer | null,
    private readonly asOf: Day | null,
  ) {}

  /** The facts that the viewer sees, about the lots that it sees. */
  seen(): Promise<StoryFacts> {
    const { sight } = this;
    this.inSight ??= this.readFacts().then((facts) => (sight === null ? facts : seenOf(facts, sight, this.lots.seen)));
    return this.inSight;
  }

  /** What the viewer sees, facts and papers; and, back, what lies behind that. */
  accounts(): Promise<Accounts> {
    this.told ??= this.readAccounts();
    return this.told;
  }

  private readFacts(): Promise<StoryFacts> {
    this.facts ??= storyFacts(this.question.reader, this.closure, this.lots.all, this.asOf, this.sight).then(async (facts) => {
      const carriages = [...facts.allCarriages.values()].flat();
      await this.sight?.look([...new Set(carriages.map(({ shipment }) => shipment))]);
      return facts;
    });
    return this.facts;
  }

  private async readAccounts(): Promise<Accounts> {
    const { sight, lots } = this;
    const { direction, roots } = this.closure;
    const facts = await this.readFacts();
    const store = await readPapers(this.question, lots.all, facts, this.asOf);
    // Of the roots and forward all facts count, of what is reached back only what leads here.
    const counted = new Set(direction === 'FORWARD' ? lots.all.map(({ id }) => id) : roots);
    const all = (lot: string) => counted.has(lot);
    if (sight === null) {
      const counting: Counting = { all, whole: all, documented: all };
      const account = { facts, counting, paperwork: paperworkOf(store, lots.all, { facts, counting, sight: EVERYTHING, own: EVERYTHING }) };
      return { seen: account, behind: account, truth: null };
    }
    await sight.look(store.subjects);
    const seen = await this.seen();
    const met = this.operationsIn(seen);
    const [operations, documented] = [await wholeOf(this.question, met, OF_LOTS), await wholeOf(this.question, met)];
    const among = (known: ReadonlySet<string>) => (lot: string, operation: string) =>
      all(lot) && (sight.opened.has(lot) || known.has(operation));
    const counting: Counting = { all, whole: among(operations), documented: among(documented) };
    const account = (about: readonly TracedLot[], of: StoryFacts, looked: Sight): Account => ({
      facts: of,
      counting,
      paperwork: paperworkOf(store, about, { facts: of, counting, sight: looked, own: sight }),
    });
    const told = account(lots.seen, seen, sight);
    if (direction === 'FORWARD') return { seen: told, behind: null, truth: null };
    const everything: Counting = { all, whole: all, documented: all };
    const rootLots = lots.all.filter(({ id }) => counted.has(id));
    const truth = {
      facts,
      counting: everything,
      paperwork: paperworkOf(store, rootLots, { facts, counting: everything, sight: EVERYTHING, own: EVERYTHING }),
    };
    return { seen: told, behind: account(lots.all, behindOf(facts, seen, counted, operations), EVERYTHING), truth };
  }

  /** The operations that the viewer meets in what it sees. */
  private operationsIn({ movements, carriages }: StoryFacts): Set<string> {
    const met = new Set<string>();
    for (const lot of this.lots.seen) {
      met.add(lot.producer);
      for (const { from, to } of movements.get(lot.id)!) {
        met.add(from);
        if (to !== null) met.add(to);
      }
      for (const { shipper, consignee } of carriages.get(lot.id) ?? []) met.add(shipper).add(consignee);
    }
    return met;
  }
}
