import { byteOrder, type CountryShare, grams, type Lot, Origin, OriginShare } from '@lotline/schema';
import type { Question } from '../questions';
import { Chain } from './chain';
import type { TracedLot } from './facts';

/** Where the mass of a lot was harvested: every harvest behind it, and what nobody knows. */
export class FoundOrigin extends Origin {
  private constructor(
    readonly chain: Chain,
    readonly farmShares: readonly OriginShare[],
  ) {
    super();
  }

  static async find(question: Question, lot: Lot): Promise<FoundOrigin> {
    const chain = await Chain.walk(question, [lot.id], { direction: 'BACK', maxDepth: null, asOf: null });
    const { sources, unknown } = await chain.whereFrom();
    const shareOf = (mass: bigint) => Number(mass) / Number(lot.grams);
    const harvests = [...sources].map(([id, mass]) => ({ lot: chain.lot(id), mass }));

    const farms = new Map<string, Farm>();
    const countries = new Map<string, bigint>();
    for (const { lot: harvest, mass } of harvests) {
      const key = chain.isWithheld(harvest) ? harvest.country : harvest.producer;
      const farm = farms.get(key) ?? newFarm(harvest, chain.isWithheld(harvest));
      farm.kilograms = grams(farm.kilograms + mass);
      farm.lots += 1;
      farms.set(key, farm);
      countries.set(harvest.country, (countries.get(harvest.country) ?? 0n) + mass);
    }
    const largestFirst = (a: bigint, b: bigint) => (a > b ? -1 : a < b ? 1 : 0);
    const shares = [...farms.values()].sort((a, b) => largestFirst(a.kilograms, b.kilograms) || byteOrder(a.name, b.name));
    for (const farm of shares) farm.share = shareOf(farm.kilograms);

    const origin = new FoundOrigin(chain, shares);
    origin.unknown = grams(unknown);
    origin.countries = [...countries]
      .map(([country, mass]): CountryShare => ({ country, kilograms: grams(mass), share: shareOf(mass) }))
      .sort((a, b) => largestFirst(a.kilograms, b.kilograms) || byteOrder(a.country!, b.country!));
    return origin;
  }

  async isComplete(): Promise<boolean> {
    return this.unknown === 0n && (await this.chain.complete());
  }
}

/** A share, and what stands for its farm among those of equal size: those withheld come last, by country. */
type Farm = OriginShare & { name: string };

const newFarm = ({ producer, producerCountry, producerIdentifier, country }: TracedLot, withheld: boolean): Farm =>
  Object.assign(new OriginShare(), {
    operationId: withheld ? null : producer,
    country: withheld ? country : producerCountry,
    kilograms: grams(0n),
    share: 0,
    lots: 0,
    name: withheld ? `~${country}` : producerIdentifier,
  });
