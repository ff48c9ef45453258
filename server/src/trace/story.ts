import { createHmac } from 'node:crypto';
import {
  addGrams,
  type Day,
  GapKind,
  type Grams,
  type Lot,
  Trace,
  type TraceDirection,
  type TraceGap,
  type TraceLink,
  type TraceLot,
  type TraceSummary,
} from '@lotline/schema';
import { type Closure, type Lineage, sqlLineage } from '../lineage';
import { lotById } from '../lots';
import type { Question } from '../questions';
import { RULES } from '../rules';
import { lotStory, type StoryFacts, storyFacts, type TracedLot, tracedLots } from './facts';

/** Most lots that one trace follows; beyond it, the answer says TRUNCATED. */
export const MOST_TRACED_LOTS = 100_000;
/** Furthest `maxDepth` that may be asked for. */
export const DEEPEST = 10_000;

export interface TraceRequest {
  direction: TraceDirection;
  maxDepth: number | null;
  asOf: Day | null;
}

/** A gap, with the lot it is about. */
export interface FoundGap {
  kind: GapKind;
  lot: TracedLot;
  on: Day | null;
  message: string;
  rule: string | null;
}

/** Mass from one lot into another, over all uses. */
export interface Link {
  input: string;
  output: string;
  grams: Grams;
}

/** The story of a lot: walked at once, its facts read only if they are asked for. */
export class Story extends Trace {
  private facts: Promise<StoryFacts> | null = null;
  private found: Promise<FoundGap[]> | null = null;
  private readonly order: ReadonlyMap<string, number>;

  private constructor(
    private readonly question: Question,
    readonly request: TraceRequest,
    override readonly root: Lot,
    private readonly closure: Closure,
    /** The root first, then the lots reached, in the order of the trace. */
    private readonly traced: readonly [TracedLot, ...TracedLot[]],
  ) {
    super();
    this.direction = request.direction;
    this.order = new Map(traced.map((lot, index) => [lot.id, index]));
    this.rootRef = this.refOf(root.id);
  }

  static async tell(question: Question, root: Lot, request: TraceRequest, lineage: Lineage = sqlLineage): Promise<Story> {
    const closure = await lineage.walk(question.reader, root.id, request.direction, { ...request, maxLots: MOST_TRACED_LOTS });
    const lots = (await tracedLots(question.reader, closure)) as [TracedLot, ...TracedLot[]];
    return new Story(question, request, root, closure, lots);
  }

  /** Lots reached, without the root. */
  get reached(): readonly TracedLot[] {
    return this.traced.slice(1);
  }

  answerFor(lot: TracedLot): TraceLot {
    const { reader } = this.question;
    // A property that is a function is asked only where the document asks for it.
    const load = () => reader.loader(lotById).load(lot.id);
    return { ref: this.refOf(lot.id), depth: lot.depth, lot: load as unknown as Lot, withheld: null };
  }

  /** Holders of a lot as the story knows them, its producer included. */
  async holdersOf(lot: TracedLot): Promise<ReadonlySet<string>> {
    const { movements } = await this.readFacts();
    const holders = new Set([lot.producer]);
    for (const { from, to } of movements.get(lot.id) ?? []) {
      holders.add(from);
      if (to !== null) holders.add(to);
    }
    return holders;
  }

  /** Mass from lot to lot, summed over the uses of each pair; in the order of the two lots. */
  links(): Link[] {
    const pairs = new Map<string, Link>();
    for (const { input, output, grams } of this.closure.uses) {
      const pair = pairs.get(input + output);
      if (pair) pair.grams = addGrams(pair.grams, grams);
      else pairs.set(input + output, { input, output, grams });
    }
    const at = (lot: string) => this.order.get(lot)!;
    return [...pairs.values()].sort((a, b) => at(a.input) - at(b.input) || at(a.output) - at(b.output));
  }

  linkAnswer({ input, output, grams }: Link): TraceLink {
    return { from: this.refOf(input), to: this.refOf(output), kilograms: grams };
  }

  /** What is missing or wrong: by kind, then lot, then day. */
  gaps(): Promise<FoundGap[]> {
    this.found ??= this.findGaps();
    return this.found;
  }

  gapAnswer(gap: FoundGap): TraceGap {
    return { kind: gap.kind, lot: this.answerFor(gap.lot), on: gap.on, message: gap.message, rule: gap.rule };
  }

  /** False when a budget, a right or a missing fact cut the trace. */
  async complete(): Promise<boolean> {
    return !(await this.gaps()).some(({ kind }) => kind === 'MISSING_INPUTS' || kind === 'WITHHELD' || kind === 'TRUNCATED');
  }

  async summary(): Promise<TraceSummary> {
    const { movements } = await this.readFacts();
    const operations = new Set<string>();
    const days: Day[] = [];
    for (const lot of this.reached) {
      for (const holder of await this.holdersOf(lot)) operations.add(holder);
      if (lot.producedOn) days.push(lot.producedOn);
      for (const { kind, on } of movements.get(lot.id) ?? []) if (kind !== 'USE' && on) days.push(on);
    }
    days.sort();
    const gaps = await this.gaps();
    return {
      lots: this.reached.length,
      operations: operations.size,
      depth: this.reached.at(-1)?.depth ?? 0,
      countries: [...new Set(this.reached.map((lot) => lot.country))].sort(),
      firstOn: days[0] ?? null,
      lastOn: days.at(-1) ?? null,
      modes: [],
      gaps: Object.values(GapKind)
        .map((kind) => ({ kind, count: gaps.filter((gap) => gap.kind === kind).length }))
        .filter(({ count }) => count > 0),
    };
  }

  private readFacts(): Promise<StoryFacts> {
    this.facts ??= storyFacts(this.question.reader, this.closure, this.traced, this.request.asOf);
    return this.facts;
  }

  private async findGaps(): Promise<FoundGap[]> {
    const facts = await this.readFacts();
    const gaps: FoundGap[] = [];
    const stories = this.traced.map((lot) => ({ lot, story: lotStory(lot, facts) }));
    for (const rule of RULES) {
      for (const { lot, story } of stories) {
        const breaches = rule.find(story).sort((a, b) => (a.on ?? '').localeCompare(b.on ?? ''));
        for (const breach of breaches) gaps.push({ kind: rule.gap, lot, rule: rule.citation, ...breach });
      }
    }
    const { cut } = this.closure;
    if (cut !== null) {
      const message =
        cut === 'DEPTH'
          ? `The walk ended ${this.request.maxDepth} links from the lot, as asked; there is more behind.`
          : `The walk ended after ${MOST_TRACED_LOTS} lots, the most that one trace follows; there are more.`;
      gaps.push({ kind: 'TRUNCATED', lot: this.traced[0], on: null, message, rule: null });
    }
    return gaps;
  }

  private refOf(lot: string): string {
    const { refKey, viewer } = this.question;
    return createHmac('sha256', refKey).update(`${viewer.name}|${this.direction}|${this.root.id}|${lot}`).digest('base64url').slice(0, 22);
  }
}
