import type { GrownLot, Party } from './facts';
import type { Random } from './random';
import type { Records } from './records';
import type { Corridor } from './trade';

interface Stage {
  code: string;
  operation: string;
  role: string;
  abroad: boolean;
  /** How many operations do this in a corridor. */
  operations: number;
  /** Share of the corridor's lots. */
  share: number;
  /** Fewest and most inputs of a lot, apart from the large blends. */
  inputs: readonly [number, number];
  /** How much of the inputs is in the lot. */
  yields: readonly [number, number];
}

const STAGES: readonly Stage[] = [
  { code: 'COL', operation: 'Collector', role: 'HANDLER', abroad: true, operations: 4, share: 0.06, inputs: [5, 50], yields: [0.93, 1] },
  {
    code: 'PRO',
    operation: 'Processor',
    role: 'HANDLER',
    abroad: true,
    operations: 3,
    share: 0.025,
    inputs: [3, 20],
    yields: [0.75, 0.95],
  },
  { code: 'EXP', operation: 'Exporter', role: 'EXPORTER', abroad: true, operations: 2, share: 0.02, inputs: [2, 10], yields: [0.98, 1] },
  { code: 'IMP', operation: 'Importer', role: 'IMPORTER', abroad: false, operations: 2, share: 0.02, inputs: [1, 8], yields: [0.99, 1] },
];

const RETAIL_SHARE = 0.455;
const LOTS_PER_FARM = 10;
const SEASONS_DAYS = 540;
/** One of so many collectors' lots is a silo of 300 deliveries. */
const COLLECTED_PER_SILO = 150;
const SILO_INPUTS = 300;
const STORES = 120;
const DISTRIBUTORS = 5;
const SPLIT = [10, 100] as const;

/** A part of a lot that came to somebody who makes lots of it. */
interface Delivery {
  lot: GrownLot;
  grams: number;
  left: number;
  /** In how many of the holder's lots it will go. */
  uses: number;
  /** From which the holder has it. */
  day: number;
}

/** Adds a corridor of so many lots, harvests and retail lots included. */
export function growCorridor(records: Records, random: Random, corridor: Corridor, lots: number): void {
  const counts = STAGES.map(({ share }) => Math.max(1, Math.round(lots * share)));
  const retail = Math.round(lots * RETAIL_SHARE);
  const harvests = lots - retail - counts.reduce((sum, count) => sum + count, 0);
  for (const { name, hts } of [corridor.crop, corridor.goods]) records.product(name, hts);

  let supply = harvest(records, random, corridor, harvests);
  STAGES.forEach((stage, index) => {
    supply = makeLots(records, random, corridor, stage, supply, counts[index]!);
  });
  distribute(records, random, corridor, supply, retail);
}

function harvest(records: Records, random: Random, { country, crop }: Corridor, count: number): GrownLot[] {
  const farms = Array.from({ length: Math.ceil(count / LOTS_PER_FARM) }, () => records.operation('Farm', 'PRODUCER', country));
  const days = Array.from({ length: count }, () => random.whole(0, SEASONS_DAYS)).sort((a, b) => a - b);
  return days.map((day) =>
    records.birth({
      kind: 'HARVEST',
      stage: 'FRM',
      producer: random.pick(farms),
      product: crop.name,
      grams: random.whole(200, 5000) * 1000,
      day,
    }),
  );
}

/** One stage of the corridor: its operations receive what the stage before made, and make lots of it. */
function makeLots(
  records: Records,
  random: Random,
  corridor: Corridor,
  stage: Stage,
  supply: readonly GrownLot[],
  count: number,
): GrownLot[] {
  const country = stage.abroad ? corridor.country : 'US';
  const operations = Array.from({ length: stage.operations }, () => records.operation(stage.operation, stage.role, country));
  const stocks = deliver(records, random, supply, operations);
  const made = operations.flatMap((producer, index) => {
    const [first, next] = [index, index + 1].map((edge) => Math.floor((edge * count) / operations.length)) as [number, number];
    const sizes = Array.from({ length: next - first }, (_, lot) =>
      stage.code === 'COL' && (first + lot) % COLLECTED_PER_SILO === 40 ? SILO_INPUTS : random.mostlySmall(...stage.inputs),
    );
    const product = stage.code === 'COL' ? corridor.crop.name : corridor.goods.name;
    return blend(records, random, { stage, producer, product, stock: stocks[index]!, sizes });
  });
  return made.sort((a, b) => a.day - b.day);
}

/** Brings every lot to one operation, or to two, and keeps what came there in order of day. */
function deliver(records: Records, random: Random, supply: readonly GrownLot[], operations: readonly Party[]): Delivery[][] {
  const stocks: Delivery[][] = operations.map(() => []);
  for (const lot of supply) {
    if (random.chance(0.05)) records.loss(lot, Math.max(1, Math.floor(lot.grams / 100)));
    const first = random.whole(0, operations.length - 1);
    const share = operations.length > 1 && random.chance(0.3) ? Math.floor(lot.left * 0.6) : lot.left;
    [share, lot.left - share].forEach((grams, index) => {
      if (grams === 0) return;
      const to = (first + index) % operations.length;
      const day = records.transfer(lot, operations[to]!, grams, lot.day + random.whole(1, 10));
      stocks[to]!.push({ lot, grams, left: grams, uses: 1, day });
    });
  }
  for (const stock of stocks) stock.sort((a, b) => a.day - b.day);
  return stocks;
}

interface Blending {
  stage: Stage;
  producer: Party;
  product: string;
  stock: Delivery[];
  sizes: readonly number[];
}

/** Makes lots of so many inputs each, out of what was delivered first. */
function blend(records: Records, random: Random, { stage, producer, product, stock, sizes }: Blending): GrownLot[] {
  const wanted = sizes.reduce((sum, size) => sum + size, 0);
  const uses = Math.max(1, Math.ceil(wanted / Math.max(1, stock.length)));
  for (const delivery of stock) delivery.uses = uses;
  let open = stock;
  return sizes.flatMap((size) => {
    const taken = random.some(open.slice(0, Math.ceil(size * 1.3)), size).map((delivery) => ({ delivery, grams: portion(delivery) }));
    if (taken.length === 0) return [];
    open = open.filter(({ left }) => left > 0);
    const [least, most] = stage.yields;
    const sum = taken.reduce((grams, each) => grams + each.grams, 0);
    const lot = records.birth({
      kind: 'TRANSFORMATION',
      stage: stage.code,
      producer,
      product,
      grams: Math.max(1, Math.floor(sum * (least + random.next() * (most - least)))),
      day: taken.reduce((day, { delivery }) => Math.max(day, delivery.day), 0) + random.whole(1, 5),
    });
    for (const { delivery, grams } of taken) records.use(lot, delivery.lot, grams);
    return [lot];
  });
}

/** Takes the next of a delivery's portions; the last one is what is left. */
function portion(delivery: Delivery): number {
  const grams = delivery.uses === 1 ? delivery.left : Math.max(1, Math.floor(delivery.left / delivery.uses));
  delivery.left -= grams;
  delivery.uses--;
  return grams;
}

/** Splits importers' lots 10 to 100 ways: into retail lots of a distributor until there are enough, then by transfers to stores. */
function distribute(records: Records, random: Random, { goods }: Corridor, supply: readonly GrownLot[], retail: number): void {
  const distributors = Array.from({ length: DISTRIBUTORS }, () => records.operation('Distributor', 'HANDLER', 'US'));
  const stores = Array.from({ length: STORES }, () => records.operation('Store', 'HANDLER', 'US'));
  let missing = retail;
  supply.forEach((lot, index) => {
    const ways = random.whole(...SPLIT);
    const last = index === supply.length - 1;
    if (missing > 0) {
      const pieces = last ? missing : Math.min(ways, missing);
      const producer = random.pick(distributors);
      const day = lot.day + random.whole(1, 5);
      const grams = Math.floor(lot.left / pieces);
      records.transfer(lot, producer, lot.left, day);
      for (let piece = 0; piece < pieces; piece++) {
        const made = records.birth({ kind: 'TRANSFORMATION', stage: 'RTL', producer, product: goods.name, grams, day: day + 1 });
        records.use(made, lot, grams);
      }
      missing -= pieces;
    } else if (random.chance(0.35)) {
      const part = Math.floor(lot.left / ways);
      for (const store of random.some(stores, ways)) records.transfer(lot, store, part, lot.day + random.whole(2, 20));
    }
  });
}
