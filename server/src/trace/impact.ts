import { type Day, type Grams, grams, Impact, type OperationCertificate, today, ZERO } from '@lotline/schema';
import { factVisible, subjectVisible } from '../access';
import { openCertificatesOf } from '../certificates';
import { standingOf } from '../operations';
import type { Question } from '../questions';
import { hangsOn, type Standing } from '../rules';
import { Chain, type FoundHolder, MOST_LOTS } from './chain';

/** What hangs on a certificate, over what its viewer sees. */
export class FoundImpact extends Impact {
  constructor(
    private readonly question: Question,
    readonly certificate: OperationCertificate,
    /** Forward from the lots that its operation produced; null where the viewer sees none of these. */
    readonly chain: Chain | null,
    /** The lots of others of which the operation holds some, and nothing behind them; null where there is none. */
    readonly stock: Chain | null,
    private readonly hangs: (product: string) => boolean,
  ) {
    super();
  }

  /** Lots that the operation produced, all that was made of them, and those of others of which it holds some. */
  get ids(): string[] {
    return [...(this.chain?.ids ?? []), ...(this.stock?.ids ?? [])];
  }

  /** Shipments on their way with what was produced, or made of it, or that the operation sent. */
  async shipmentsUnderWay(): Promise<number> {
    const { reader, viewer } = this.question;
    const sent = await reader.query<{ id: string; products: string[] }>(
      `select s.id, array_agg(distinct l.product) as products from shipment s join shipped_lot x on x.shipment = s.id and x.retracted_by is null
         join lot l on l.id = x.lot join product p on p.id = l.product and p.organic
       where s.shipper = $1 and ${subjectVisible(viewer, 's.id')} and ${factVisible(viewer, 's.id', 'x.id')}
         and exists (select from shipment_leg g where g.shipment = s.id and g.retracted_by is null and g.departed_on is not null)
         and (select g.arrived_on from shipment_leg g where g.shipment = s.id and g.retracted_by is null order by g.sequence desc limit 1) is null
       group by s.id`,
      [this.certificate.operationId],
    );
    const underWay = (await this.chain?.shipmentsUnderWay()) ?? new Set<string>();
    for (const { id, products } of sent) if (products.some(this.hangs)) underWay.add(id);
    return underWay.size;
  }

  openCertificates(): Promise<number> {
    return openCertificatesOf(this.question, this.certificate.operationId, this.ids);
  }

  /** What is held of it, by whomever. */
  async held(): Promise<Grams> {
    const produced = this.chain === null ? [] : [...(await this.chain.whereTo()).held.values()];
    const stock = (await this.stock?.stockOf(this.certificate.operationId))?.held ?? ZERO;
    return grams(produced.reduce((sum, mass) => sum + mass, stock as bigint));
  }

  /** Who holds it, by identifier: the operation with what it produced and with what it holds of others. */
  async holders(): Promise<FoundHolder[]> {
    const { operationId } = this.certificate;
    const holders = (await this.chain?.holders()) ?? [];
    const stock = await this.stock?.stockOf(operationId);
    if (!stock || stock.lots === 0) return holders;
    const own = holders.find((each) => each.operationId === operationId);
    if (!own) return [...holders, stock];
    const both: FoundHolder = {
      operationId,
      lots: own.lots + stock.lots,
      held: (own.held + stock.held) as Grams,
      fromRoot: (own.fromRoot + stock.fromRoot) as Grams,
      inTransit: (own.inTransit + stock.inTransit) as Grams,
    };
    return holders.map((each) => (each === own ? both : each));
  }
}

interface HeldLot {
  id: string;
  product: string;
}

const FORWARD = { direction: 'FORWARD', asOf: null } as const;

/** What hangs on a certificate now. */
export async function impactOf(question: Question, certificate: OperationCertificate): Promise<FoundImpact> {
  const { reader, viewer } = question;
  const { operationId } = certificate;
  const standing: Standing = await reader.loader(standingOf).load(operationId);
  const hangs = (product: string): boolean => hangsOn(standing, certificate.id, product, today() as Day);
  const those = (lots: readonly HeldLot[]) => lots.filter(({ product }) => hangs(product)).map(({ id }) => id);
  const produced = those(
    await reader.query<HeldLot>(
      `select l.id, l.product from lot l join product p on p.id = l.product and p.organic where l.producer = $1 and ${subjectVisible(viewer, 'l.id')}
       order by l.id limit ${MOST_LOTS}`,
      [operationId],
    ),
  );
  const chain = produced.length === 0 ? null : await Chain.walk(question, produced, { ...FORWARD, maxDepth: null });
  const known = new Set(chain?.reached.map(({ id }) => id));
  const held = those(
    await reader.query<HeldLot>(
      `select l.id, l.product from holding h join lot l on l.id = h.lot and l.producer <> h.owner join product p on p.id = l.product and p.organic
       where h.owner = $1 and h.grams > 0 and ${subjectVisible(viewer, 'l.id')} order by l.id limit ${MOST_LOTS}`,
      [operationId],
    ),
  ).filter((id) => !known.has(id));
  const stock = held.length === 0 ? null : await Chain.walk(question, held, { ...FORWARD, maxDepth: 0 });
  return new FoundImpact(question, certificate, chain, stock, hangs);
}
