import { type Day, type Grams, grams, Impact, type OperationCertificate, today, ZERO } from '@lotline/schema';
import { factVisible, subjectVisible, withinScope } from '../access';
import { openCertificatesOf } from '../certificates';
import { standingOf } from '../operations';
import type { Question } from '../questions';
import { anythingHangsOn, hangsOn, type Standing } from '../rules';
import { Chain, MOST_LOTS } from './chain';
import type { FoundHolder } from './held';

/** What hangs on a certificate: of which products, and whether of a thing of which nobody says what it is. */
interface Hanging {
  of(product: string): boolean;
  atAll: boolean;
}

/** What hangs on a certificate, over what its viewer sees. */
export class FoundImpact extends Impact {
  constructor(
    private readonly question: Question,
    readonly certificate: OperationCertificate,
    /** Forward from the lots that its operation produced; null where the viewer sees none of these. */
    readonly chain: Chain | null,
    /** Lots of others, and nothing behind them; null where there is none. */
    readonly others: Chain | null,
    /** What the operation holds of these, as far as the viewer sees it. */
    private readonly stock: ReadonlyMap<string, FoundHolder>,
    private readonly hangs: Hanging,
  ) {
    super();
  }

  /** Lots that the operation produced, and all that was made of them. */
  private get produced(): string[] {
    return this.chain?.ids ?? [];
  }

  /** How many lots: those, and the lots of others of which the operation holds some. */
  get many(): number {
    return this.produced.length + this.stock.size;
  }

  /** Does a key see less than its operation does? */
  get isNarrow(): boolean {
    const { viewer } = this.question;
    return !withinScope(viewer, 'Shipment') || !withinScope(viewer, 'ImportCertificate');
  }

  /** Shipments on their way with what was produced, or made of it, or with what the operation holds; and those that it sent. */
  async shipmentsUnderWay(): Promise<number> {
    const { reader, viewer } = this.question;
    if (!withinScope(viewer, 'Shipment')) return 0;
    const rows = await reader.query<{ id: string; isSent: boolean; products: string[]; lots: string[] }>(
      `select s.id, s.shipper = $1 as "isSent", array_agg(distinct l.product) as products, array_agg(distinct l.id) as lots
       from shipment s join shipped_lot x on x.shipment = s.id and x.retracted_by is null join lot l on l.id = x.lot join product p on p.id = l.product and p.organic
       where $1 in (s.shipper, s.consignee) and ${subjectVisible(viewer, 's.id')} and ${factVisible(viewer, 's.id', 'x.id')}
         and exists (select from shipment_leg g where g.shipment = s.id and g.retracted_by is null and g.departed_on is not null)
         and (select g.arrived_on from shipment_leg g where g.shipment = s.id and g.retracted_by is null order by g.sequence desc limit 1) is null
       group by s.id`,
      [this.certificate.operationId],
    );
    const underWay = (await this.chain?.shipmentsUnderWay()) ?? new Set<string>();
    for (const { id, isSent, products, lots } of rows)
      if ((isSent && products.some(this.hangs.of)) || lots.some((lot) => this.stock.has(lot))) underWay.add(id);
    return underWay.size;
  }

  /** Open import certificates that name the operation for what hangs, or a lot that it produced or that was made of it. */
  async openCertificates(): Promise<number> {
    if (!withinScope(this.question.viewer, 'ImportCertificate')) return 0;
    const found = await openCertificatesOf(this.question, this.certificate.operationId, this.produced);
    const isHit = (products: readonly string[]) => (products.length === 0 ? this.hangs.atAll : products.some(this.hangs.of));
    return found.filter(({ isNamed, covers, products }) => covers || (isNamed && isHit(products))).length;
  }

  /** What is held of it, by whomever. */
  async held(): Promise<Grams> {
    const produced = this.chain === null ? [] : [...(await this.chain.whereTo()).held.values()];
    return grams([...produced, ...[...this.stock.values()].map(({ held }) => held)].reduce((sum, mass) => sum + mass, ZERO as bigint));
  }

  /** Who holds it, by identifier: the operation with what it produced and with what it holds of others. */
  async holders(): Promise<FoundHolder[]> {
    const holders = new Map((await this.chain?.holders())?.map((each) => [each.operationId, each]));
    for (const stock of this.stock.values()) {
      const own = holders.get(stock.operationId);
      holders.set(stock.operationId, own ? both(own, stock) : stock);
    }
    return [...holders.values()];
  }
}

const both = (one: FoundHolder, other: FoundHolder): FoundHolder => ({
  operationId: one.operationId,
  lots: one.lots + other.lots,
  held: (one.held + other.held) as Grams,
  fromRoot: (one.fromRoot + other.fromRoot) as Grams,
  inTransit: (one.inTransit + other.inTransit) as Grams,
});

interface HeldLot {
  id: string;
  product: string;
}

const FORWARD = { direction: 'FORWARD', asOf: null } as const;

/** What hangs on a certificate now. */
export async function impactOf(question: Question, certificate: OperationCertificate): Promise<FoundImpact> {
  const { reader, viewer } = question;
  const { id, operationId } = certificate;
  const standing: Standing = await reader.loader(standingOf).load(operationId);
  const day = today() as Day;
  const hangs: Hanging = { of: (product) => hangsOn(standing, id, product, day), atAll: anythingHangsOn(standing, id, day) };
  const those = (lots: readonly HeldLot[]) => lots.filter(({ product }) => hangs.of(product)).map((lot) => lot.id);
  const produced = those(
    await reader.query<HeldLot>(
      `select l.id, l.product from lot l join product p on p.id = l.product and p.organic where l.producer = $1 and ${subjectVisible(viewer, 'l.id')}
       order by l.id limit ${MOST_LOTS}`,
      [operationId],
    ),
  );
  const chain = produced.length === 0 ? null : await Chain.walk(question, produced, { ...FORWARD, maxDepth: null });
  const known = new Set(chain?.ids);
  // Which of these it holds is not taken from here: only what the viewer sees of it says so.
  const had = those(
    await reader.query<HeldLot>(
      `select l.id, l.product from holding h join lot l on l.id = h.lot and l.producer <> h.owner join product p on p.id = l.product and p.organic
       where h.owner = $1 and ${subjectVisible(viewer, 'l.id')} order by l.id limit ${MOST_LOTS}`,
      [operationId],
    ),
  ).filter((lot) => !known.has(lot));
  const others = had.length === 0 ? null : await Chain.walk(question, had, { ...FORWARD, maxDepth: 0 });
  return new FoundImpact(question, certificate, chain, others, (await others?.stockOf(operationId)) ?? new Map(), hangs);
}
