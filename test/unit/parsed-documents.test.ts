import { ParsedDocuments } from '@lotline/server/http/parsed';
import { parse } from 'graphql';

// A parsed document takes a hundred times the memory of its text: how much of them is kept is bounded, whatever is asked.

const document = (name: string) => parse(`{ ${name}: lots { nodes { code } } }`);
const SIZE = document('a0').loc!.source.body.length;

it('keeps those that were asked for last', async () => {
  const documents = new ParsedDocuments(3 * SIZE);
  for (const name of ['a1', 'a2', 'a3']) await documents.set(name, document(name));
  expect(await documents.get('a1')).toBeDefined();
  await documents.set('a4', document('a4'));
  const kept = await Promise.all(['a1', 'a2', 'a3', 'a4'].map(async (name) => (await documents.get(name)) !== undefined));
  expect(kept).toEqual([true, false, true, true]);
});

it('keeps none that is larger than all of them may be, and counts one once', async () => {
  const documents = new ParsedDocuments(2 * SIZE);
  await documents.set('large', document('a'.repeat(2 * SIZE)));
  expect(await documents.get('large')).toBeUndefined();
  for (let times = 0; times < 5; times++) await documents.set('a1', document('a1'));
  await documents.set('a2', document('a2'));
  expect(await documents.get('a1')).toBeDefined();
  await documents.delete('a1');
  await documents.set('a3', document('a3'));
  expect(await documents.get('a2')).toBeDefined();
});
