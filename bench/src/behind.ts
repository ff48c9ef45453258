import type { Network } from './network';

/** A lot, and how many lots stand behind it. */
export interface Root {
  code: string;
  behind: number;
}

/** For each number of lots that is wanted, the lot of the network, or of one stage of it, with about that many behind it. */
export function rootsWith(network: Network, wanted: readonly number[], stage = ''): Root[] {
  const inputsOf = new Map<string, string[]>();
  for (const { output, input } of network.files.get('lot_inputs.csv')!) {
    const inputs = inputsOf.get(output!);
    if (inputs) inputs.push(input!);
    else inputsOf.set(output!, [input!]);
  }
  const enough = 2 * Math.max(...wanted);
  const blends = [...inputsOf].filter(([code, inputs]) => inputs.length > 1 && code.startsWith(stage)).map(([code]) => code);
  const roots = blends.map((code) => ({ code, behind: countBehind(code, inputsOf, enough) }));
  return wanted.map((count) => roots.reduce((best, each) => (off(each, count) < off(best, count) ? each : best)));
}

const off = (root: Root, count: number): number => Math.abs(root.behind - count);

function countBehind(code: string, inputsOf: ReadonlyMap<string, readonly string[]>, enough: number): number {
  const met = new Set([code]);
  for (const lot of met) {
    if (met.size > enough) break;
    for (const input of inputsOf.get(lot) ?? []) met.add(input);
  }
  return met.size - 1;
}

/** Harvests, at most so many and spread over the network, that about `wanted` lots have in them, themselves counted. */
export function rootsAhead(network: Network, wanted: number, most: number): string[] {
  const outputsOf = new Map<string, string[]>();
  for (const { output, input } of network.files.get('lot_inputs.csv')!) {
    const outputs = outputsOf.get(input!);
    if (outputs) outputs.push(output!);
    else outputsOf.set(input!, [output!]);
  }
  const harvests = network.files.get('lots.csv')!.filter(({ kind }) => kind === 'HARVEST');
  const every = Math.max(1, Math.floor(harvests.length / most));
  const roots: string[] = [];
  const met = new Set<string>();
  for (let index = 0; index < harvests.length && met.size < wanted && roots.length < most; index += every) {
    const { code } = harvests[index]!;
    roots.push(code!);
    const open = [code!];
    for (let lot = open.pop(); lot !== undefined; lot = open.pop()) {
      if (met.has(lot)) continue;
      met.add(lot);
      open.push(...(outputsOf.get(lot) ?? []));
    }
  }
  return roots;
}
