import {
  type CertificationVerdict,
  type Grams,
  type Lot,
  sumGrams,
  type TraceGap,
  type TraceLink,
  type TraceLot,
  TraceStep,
  today,
  type WithheldLot,
} from '@lotline/schema';
import type { Reader } from '../database';
import { lotById } from '../lots';
import { standingOf } from '../operations';
import { verdictOn } from '../rules';
import type { TracedLot } from './facts';
import type { FoundGap } from './gaps';
import type { FoundStep } from './steps';
import { productClass } from './withheld';

/** Mass from one lot into another, over all uses. */
export interface Link {
  input: string;
  output: string;
  grams: Grams;
}

/** What must be known of a chain to answer of it. */
interface Answerable {
  readonly roots: readonly TracedLot[];
  isWithheld(lot: TracedLot): boolean;
  refOf(lot: string): string;
  massOf(lot: TracedLot): Promise<Grams>;
}

/** What was found of a chain, in the words of the graph. */
export class ChainAnswers {
  constructor(
    private readonly chain: Answerable,
    private readonly reader: Reader,
  ) {}

  /** A property that is a function is asked only where the document asks for it. */
  lot(lot: TracedLot): TraceLot {
    const { chain, reader } = this;
    const load = () => reader.loader(lotById).load(lot.id);
    const kilograms = () => chain.massOf(lot);
    const share = async () => Number(await chain.massOf(lot)) / Number(sumGrams(chain.roots.map(({ grams }) => grams)));
    return {
      ref: chain.refOf(lot.id),
      depth: lot.depth,
      kilograms: kilograms as unknown as Grams,
      share: share as unknown as number,
      lot: chain.isWithheld(lot) ? null : (load as unknown as Lot),
      withheld: chain.isWithheld(lot) ? this.withheld(lot) : null,
    };
  }

  private withheld(lot: TracedLot): WithheldLot {
    const ownerCertified = async () =>
      verdictOn(await this.reader.loader(standingOf).load(lot.producer), lot.product, lot.producedOn ?? today());
    return {
      productClass: productClass(lot),
      country: lot.country,
      ownerCertified: ownerCertified as unknown as CertificationVerdict,
    };
  }

  link({ input, output, grams }: Link): TraceLink {
    return { from: this.chain.refOf(input), to: this.chain.refOf(output), kilograms: grams };
  }

  gap({ kind, lot, on, message, rule }: FoundGap): TraceGap {
    return { kind, lot: this.lot(lot), on, message, rule };
  }

  step({ kind, on, at, lot, owner, from, to, grams, shipment, leg, certificate, papers }: FoundStep): TraceStep {
    return Object.assign(new TraceStep(), {
      kind,
      on,
      at,
      kilograms: grams,
      ownerId: owner,
      fromId: from,
      toId: to,
      shipmentId: shipment,
      importCertificateId: certificate,
      documentIds: papers.map(({ id }) => id),
      productId: lot.product,
      mode: leg?.mode ?? null,
      fromPlace: leg?.from ?? null,
      toPlace: leg?.to ?? null,
      lot: this.lot(lot),
    });
  }
}
