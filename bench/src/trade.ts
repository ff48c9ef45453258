/** A crop of a country on its way to the United States. */
export interface Corridor {
  country: string;
  crop: { name: string; hts: string };
  goods: { name: string; hts: string };
}

const soybeans = { name: 'Organic soybeans', hts: '1201900010' };
const meal = { name: 'Organic soybean meal', hts: '2304000000' };
const coffee = { name: 'Organic coffee, not roasted', hts: '0901110015' };
const corn = { name: 'Organic yellow corn', hts: '1005902015' };
const cracked = { name: 'Organic cracked corn', hts: '1104230000' };
const ginger = { name: 'Organic ginger', hts: '0910110010' };
const ground = { name: 'Organic ginger, ground', hts: '0910120000' };

/** What is traded, and from where. */
export const CORRIDORS: readonly Corridor[] = [
  { country: 'IN', crop: soybeans, goods: meal },
  { country: 'ET', crop: coffee, goods: coffee },
  { country: 'TR', crop: corn, goods: cracked },
  { country: 'PE', crop: ginger, goods: ground },
  { country: 'AR', crop: corn, goods: corn },
];
