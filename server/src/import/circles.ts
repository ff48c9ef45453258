/** A use as the search for circles sees it: lots by a name or id. */
export interface Edge {
  output: string;
  input: string;
}

/**
 * The lots in an order in which every input stands before its outputs (Kahn), and the circles that forbid one: each as the lots in it,
 * from output to input, disjoint from the others.
 */
export function inBirthOrder(lots: Iterable<string>, edges: readonly Edge[]): { order: string[]; circles: string[][] } {
  const inputs = new Map<string, number>();
  const outputsOf = new Map<string, string[]>();
  const inputsOf = new Map<string, string[]>();
  const push = (map: Map<string, string[]>, key: string, value: string) => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  for (const lot of lots) inputs.set(lot, 0);
  for (const { output, input } of edges) {
    inputs.set(output, (inputs.get(output) ?? 0) + 1);
    if (!inputs.has(input)) inputs.set(input, 0);
    push(outputsOf, input, output);
    push(inputsOf, output, input);
  }

  const order: string[] = [];
  const circles: string[][] = [];
  let ready = [...inputs].filter(([, count]) => count === 0).map(([lot]) => lot);
  const left = new Set(inputs.keys());
  const settle = () => {
    while (ready.length > 0) {
      const next: string[] = [];
      for (const lot of ready) {
        if (!left.delete(lot)) continue;
        order.push(lot);
        for (const output of outputsOf.get(lot) ?? []) {
          const count = inputs.get(output)! - 1;
          inputs.set(output, count);
          if (count === 0) next.push(output);
        }
      }
      ready = next;
    }
  };
  settle();
  while (left.size > 0) {
    // Everything left has an input that is left: walking from any lot to such inputs must meet a lot again.
    const [start] = left;
    const path: string[] = [];
    const at = new Map<string, number>();
    let lot = start!;
    while (!at.has(lot)) {
      at.set(lot, path.length);
      path.push(lot);
      lot = inputsOf.get(lot)!.find((input) => left.has(input))!;
    }
    const circle = path.slice(at.get(lot));
    circles.push(circle);
    // Taken out as if it were in order, so that what merely stands behind this circle is not named as another.
    ready = circle;
    settle();
  }
  return { order, circles };
}
