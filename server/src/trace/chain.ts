import { createHash, createHmac } from 'node:crypto';
import { addGrams, type Day, GapKind, type Grams, type TraceDirection } from '@lotline/schema';
import { hiddenUse, seesAll, subjectVisible, visibleUse } from '../access';
import { groupBy } from '../database';
import { type BackAttribution, type Closure, type ForwardAttribution, sqlLineage } from '../lineage';
import type { Question } from '../questions';
import { ChainAnswers, type Link } from './answers';
import { whereFrom, whereTo } from './attribution';
import { Evidence } from './evidence';
import { type StoryFacts, type TracedLot, tracedLots } from './facts';
import { BY_KIND, beyondGap, type FoundGap, gapsOf, withheldGap } from './gaps';
import { type FoundHolder, holdersOf, isUnderWay, stockOf } from './held';
import { type SightOfViewer, sightOf } from './sight';
import { type FoundStep, stepsOf } from './steps';
import { withheldLast } from './withheld';

/** Most lots that one walk follows; beyond it, the answer says TRUNCATED. */
export const MOST_LOTS = 100_000;
/** Furthest `maxDepth` that may be asked for. */
export const DEEPEST = 10_000;

export interface ChainRequest {
  direction: TraceDirection;
  maxDepth: number | null;
  asOf: Day | null;
}

/**
 * Back, all there is is walked; what the viewer does not see has no day but that of the lot in sight that it went into, so that
 * asking day by day finds out no other. Forward, only what the
 * viewer sees is walked.
 */
function closureFor({ reader, viewer }: Question, roots: readonly string[], request: ChainRequest): Promise<Closure> {
  const { direction, asOf } = request;
  const all = seesAll(viewer);
  const sees = direction === 'FORWARD' && !all ? visibleUse(viewer, 'u') : null;
  const born = `exists (select from lot o where o.id = u.output and (o.produced_on is null or o.produced_on <= '${asOf}'::date))`;
  const undated =
    direction === 'BACK' && asOf !== null && !all
      ? `${hiddenUse(viewer, 'u')} and (not ${subjectVisible(viewer, 'u.output')} or ${born})`
      : null;
  return sqlLineage.walk(reader, roots, direction, { ...request, maxLots: MOST_LOTS, sees, undated });
}

/** Lots and the facts about them, behind or ahead of roots: walked at once, facts and masses read only if they are asked for. */
export class Chain {
  private found: Promise<FoundGap[]> | null = null;
  private happened: Promise<FoundStep[]> | null = null;
  private to: Promise<ForwardAttribution> | null = null;
  private uncut: Promise<Chain> | null = null;
  private readonly order: ReadonlyMap<string, number>;
  /** The roots and the lots reached, but for those that are withheld. */
  private readonly lotsSeen: readonly TracedLot[];
  private readonly evidence: Evidence;
  /** What was found, in the words of the graph. */
  readonly answers: ChainAnswers;

  private constructor(
    private readonly question: Question,
    readonly request: ChainRequest,
    private readonly closure: Closure,
    /** The roots first, then the lots reached, in the order of a trace. */
    private readonly lots: readonly TracedLot[],
    /** Null for who sees everything. */
    private readonly sight: SightOfViewer | null,
    private from: Promise<BackAttribution> | null,
  ) {
    this.order = new Map(lots.map((lot, index) => [lot.id, index]));
    this.lotsSeen = lots.filter((lot) => !this.isWithheld(lot));
    this.answers = new ChainAnswers(this, question.reader);
    this.evidence = new Evidence(question, closure, { all: lots, seen: this.lotsSeen }, sight, request.asOf);
  }

  /** Back, what may not be seen is withheld in its place; forward, only what the viewer sees is there. */
  static async walk(question: Question, roots: readonly string[], request: ChainRequest): Promise<Chain> {
    const { reader } = question;
    const closure = await closureFor(question, roots, request);
    const lots = await tracedLots(reader, closure);
    const sight = await sightOf(
      question,
      lots.map(({ id }) => id),
    );
    const chain = new Chain(question, request, closure, lots, sight, null);
    question.notes.traced(
      closure.roots[0]!,
      chain.lotsSeen.map(({ id }) => id),
    );
    if (sight === null || !lots.some((lot) => chain.isWithheld(lot))) return chain;
    const masses = await chain.masses();
    const ordered = withheldLast(lots, chain.isWithheld, masses, (lot) => chain.refOf(lot));
    return new Chain(question, request, closure, ordered, sight, chain.from);
  }

  /** Is a lot met that the viewer may not see? A root is seen by whoever asks. */
  readonly isWithheld = ({ id }: TracedLot): boolean =>
    this.sight !== null && !this.sight.seesSubject(id) && !this.closure.roots.includes(id);

  get roots(): readonly TracedLot[] {
    return this.lots.slice(0, this.closure.roots.length);
  }

  /** Ids of the roots, and of the lots reached. */
  get ids(): string[] {
    return this.lots.map(({ id }) => id);
  }

  /** Lots reached, without the roots. */
  get reached(): readonly TracedLot[] {
    return this.lots.slice(this.closure.roots.length);
  }

  /** A root or a lot reached. */
  lot(id: string): TracedLot {
    return this.lots[this.order.get(id)!]!;
  }

  /** Lots of it that these are made of, at any remove; with these. */
  behind(lots: readonly string[]): ReadonlySet<string> {
    const inputs = groupBy(this.closure.uses, ({ output }) => output);
    const met = new Set(lots);
    for (const lot of met) for (const { input } of inputs.get(lot) ?? []) met.add(input);
    return met;
  }

  /** Names the chain inside cursors; of many roots by their hash. */
  get name(): string {
    const { direction, maxDepth, asOf } = this.request;
    return `${direction} ${this.rootsName} ${maxDepth} ${asOf}`;
  }

  private get rootsName(): string {
    const { roots } = this.closure;
    return roots.length === 1 ? roots[0]! : createHash('sha256').update(roots.join()).digest('base64url');
  }

  private get root(): TracedLot {
    return this.lots[0]!;
  }

  refOf(lot: string): string {
    const { refKey, viewer } = this.question;
    const of = `${viewer.name}|${this.request.direction}|${this.closure.roots.join()}|${lot}`;
    return createHmac('sha256', refKey).update(of).digest('base64url').slice(0, 22);
  }

  /** Lots reached that the viewer sees. */
  get seen(): readonly TracedLot[] {
    return this.lotsSeen.slice(this.closure.roots.length);
  }

  /** The facts that the viewer sees. */
  seenFacts(): Promise<StoryFacts> {
    return this.evidence.seen();
  }

  /** Holders of a lot as its facts here tell them, its producer included; nobody of one that is withheld. */
  async holdersOf(lot: TracedLot): Promise<ReadonlySet<string>> {
    if (this.isWithheld(lot)) return new Set();
    const { movements } = await this.seenFacts();
    const holders = new Set([lot.producer]);
    for (const { from, to } of movements.get(lot.id) ?? []) {
      holders.add(from);
      if (to !== null) holders.add(to);
    }
    return holders;
  }

  /**
   * Mass from lot to lot, summed over the uses of each pair; in the order of the two lots. Of a pair of which some uses are not seen, as
   * much as came along it of the root.
   */
  async links(): Promise<Link[]> {
    const pairs = new Map<string, Link>();
    const hidden = new Set<string>();
    for (const { id, input, output, grams } of this.closure.uses) {
      this.question.reader.inTime();
      const pair = pairs.get(input + output);
      if (pair) pair.grams = addGrams(pair.grams, grams);
      else pairs.set(input + output, { input, output, grams });
      if (this.sight !== null && !this.sight.sees(input, id)) hidden.add(input + output);
    }
    if (hidden.size > 0) {
      const { along } = await this.whereFrom();
      for (const key of hidden) pairs.get(key)!.grams = (along.get(key) ?? 0n) as Grams;
    }
    const at = (lot: string) => this.order.get(lot)!;
    return [...pairs.values()].sort((a, b) => at(a.input) - at(b.input) || at(a.output) - at(b.output));
  }

  /** What happened, in order, as far as the viewer sees it. */
  steps(): Promise<FoundStep[]> {
    this.happened ??= this.evidence
      .accounts()
      .then(({ seen: { facts, paperwork } }) => stepsOf(this.lotsSeen, facts, paperwork, this.question.reader.inTime));
    return this.happened;
  }

  /** What is missing or wrong: by kind, then lot, then day. */
  gaps(): Promise<FoundGap[]> {
    this.found ??= this.findGaps();
    return this.found;
  }

  /** Why there may be more than was walked: more lots than one walk follows, or what is not for the viewer to see; null where there is not. */
  async limit(): Promise<'LOTS' | 'WITHHELD' | null> {
    if (this.closure.cut !== null) return 'LOTS';
    return (await this.goesBeyond()) ? 'WITHHELD' : null;
  }

  /** False when a budget, a right or a missing fact cut the walk. */
  async complete(): Promise<boolean> {
    return !(await this.gaps()).some(({ kind }) => kind === 'MISSING_INPUTS' || kind === 'WITHHELD' || kind === 'TRUNCATED');
  }

  /** Where the root's mass began: over all there is, whoever asks. */
  whereFrom(): Promise<BackAttribution> {
    this.from ??= this.massesBehind();
    return this.from;
  }

  private async massesBehind(): Promise<BackAttribution> {
    const { reader } = this.question;
    if (this.request.maxDepth === null) return whereFrom(this.closure, this.lots, reader.inTime);
    const closure = await closureFor(this.question, this.closure.roots, { ...this.request, maxDepth: null });
    return whereFrom(closure, await tracedLots(reader, closure), reader.inTime);
  }

  /** Where the roots' mass went, as far as the viewer sees it. */
  whereTo(): Promise<ForwardAttribution> {
    this.to ??= this.whole().then(async (chain) =>
      whereTo(chain.closure, chain.lots, await chain.seenFacts(), this.question.reader.inTime),
    );
    return this.to;
  }

  /** Who holds how much of the roots' mass, by identifier; holders of the roots included. */
  async holders(): Promise<FoundHolder[]> {
    const whole = await this.whole();
    const { held } = await this.whereTo();
    return holdersOf(whole.lots, await whole.seenFacts(), held, this.question.reader.inTime);
  }

  /** What an operation holds of the roots, by lot. */
  async stockOf(operation: string): Promise<Map<string, FoundHolder>> {
    return stockOf(operation, this.roots, await this.seenFacts());
  }

  /** Shipments that carry some of the lots, have departed and not arrived. */
  async shipmentsUnderWay(): Promise<Set<string>> {
    const { carriages } = await this.seenFacts();
    const underWay = [...carriages.values()].flat().filter(isUnderWay);
    return new Set(underWay.map(({ shipment }) => shipment));
  }

  /** Grams of the roots in a lot: BACK how much of them came out of it, FORWARD how much of them went into it. */
  async massOf(lot: TracedLot): Promise<Grams> {
    if (this.closure.roots.includes(lot.id)) return lot.grams;
    return ((await this.masses()).get(lot.id) ?? 0n) as Grams;
  }

  /** The same for every lot reached. */
  async masses(): Promise<ReadonlyMap<string, bigint>> {
    return this.request.direction === 'BACK' ? (await this.whereFrom()).through : (await this.whereTo()).into;
  }

  /** Masses are shared over the whole chain, whatever part of it was asked for. */
  private whole(): Promise<Chain> {
    if (this.request.maxDepth === null) return Promise.resolve(this);
    this.uncut ??= Chain.walk(this.question, this.closure.roots, { ...this.request, maxDepth: null });
    return this.uncut;
  }

  private async findGaps(): Promise<FoundGap[]> {
    const { asOf } = this.request;
    const { isWithheld } = this;
    const found = await gapsOf(this.question.reader, this.lots, await this.evidence.accounts(), { asOf, isWithheld });
    const gaps = asOf === null || this.sight === null ? found : await this.withoutDays(found);
    gaps.push(...this.lots.filter(isWithheld).map(withheldGap));
    if (await this.goesBeyond()) gaps.push(beyondGap(this.root));
    const { cut } = this.closure;
    if (cut !== null) {
      const message =
        cut === 'DEPTH'
          ? `The walk ended ${this.request.maxDepth} links from the lot, as asked; there is more behind.`
          : `The walk ended after ${MOST_LOTS} lots, the most that one answer follows; there are more.`;
      gaps.push({ kind: 'TRUNCATED', lot: this.root, on: null, message, rule: null });
    }
    return gaps;
  }

  /** As of a day, a gap that is told by its kind alone is one of all days: which day it came on is not told by asking for one. */
  private async withoutDays(found: readonly FoundGap[]): Promise<FoundGap[]> {
    const ever = await Chain.walk(this.question, this.closure.roots, { ...this.request, asOf: null });
    const kinds = (await ever.gaps()).flatMap((gap) => {
      const lot = this.order.has(gap.lot.id) ? this.lot(gap.lot.id) : null;
      return lot !== null && gap.message === BY_KIND && this.isWithheld(lot) ? [{ ...gap, lot }] : [];
    });
    const places = Object.keys(GapKind);
    return [...found.filter(({ message }) => message !== BY_KIND), ...kinds].sort(
      (a, b) => places.indexOf(a.kind) - places.indexOf(b.kind) || this.order.get(a.lot.id)! - this.order.get(b.lot.id)!,
    );
  }

  /**
   * Forward, had somebody some of a lot of whom the viewer does not see every fact, or did some go into a lot that it does not see? Whether
   * anything followed there is not told.
   */
  private async goesBeyond(): Promise<boolean> {
    if (this.sight === null || this.request.direction === 'BACK') return false;
    const { facts, counting } = (await this.evidence.accounts()).seen;
    const met = new Set(this.lots.map(({ id }) => id));
    return this.lots.some(({ id, producer }) => {
      const movements = facts.movements.get(id)!;
      const holders = [producer, ...movements.flatMap(({ from, to }) => [from, to ?? from])];
      const isCut = this.closure.cut !== null;
      return (
        holders.some((holder) => !counting.whole(id, holder)) ||
        (!isCut && movements.some(({ output }) => output !== null && !met.has(output)))
      );
    });
  }
}
