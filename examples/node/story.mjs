// The story of a lot, from the farms to here, and what is missing from it.
//   node story.mjs SOY-STOCKTON-1
import { Lotline, LotlineError } from '@lotline/client';

const { LOTLINE_URL = 'http://localhost:4000', LOTLINE_TOKEN } = process.env;
const [code = 'SOY-STOCKTON-1'] = process.argv.slice(2);
const client = new Lotline({ url: LOTLINE_URL, token: LOTLINE_TOKEN });

try {
  const lot = await client.lot({ code });
  if (!lot) throw new Error(`you see no lot ${code}`);
  console.log(`${code}: ${lot.quantity.kilograms} kg of ${lot.product.name}, by ${lot.producer.name}`);
  for await (const { on, kind, lot: of, owner } of client.traceSteps({ code, direction: 'BACK' }))
    console.log(`${on ?? '????-??-??'}  ${kind.padEnd(12)} ${of.lot?.code ?? 'a lot of somebody else'}  ${owner?.name ?? ''}`);
  let missing = 0;
  for await (const { kind, message, rule } of client.traceGaps({ code, direction: 'BACK' })) {
    missing++;
    console.log(`missing: ${kind}: ${message} ${rule ? `(${rule})` : ''}`);
  }
  console.log(missing === 0 ? 'nothing is missing' : `${missing} gaps`);
} catch (error) {
  console.error(error instanceof LotlineError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
