import { Reader } from '@lotline/server/database';

// A large answer gives way between two stretches; one that nobody waits for goes no further.

const STRETCH = 1000;
const readerOf = (): Reader => new Reader({} as never);

test('what is not large has its turn at once', () => {
  const reader = readerOf();
  for (let object = 0; object < STRETCH; object++) expect(reader.whenInTurn(1)).toBeNull();
  expect(reader.whenInTurn(1)).not.toBeNull();
});

test('one that nobody waits for is given up between two stretches', async () => {
  const reader = readerOf();
  reader.whenInTurn(STRETCH);
  const [next, last] = [reader.whenInTurn(STRETCH), reader.whenInTurn(STRETCH)];
  await next;
  reader.end();
  await expect(last).rejects.toMatchObject({ reasons: [{ code: 'UNAVAILABLE' }] });
});

test('what still waits once the answer is told has no turn, and the next answer begins anew', async () => {
  const reader = readerOf();
  reader.whenInTurn(STRETCH);
  const waiting = jest.fn();
  const left = reader.whenInTurn(1)!.then(waiting, waiting);
  await reader.renew();
  expect(reader.whenInTurn(1)).toBeNull();
  await Promise.race([left, new Promise((done) => setTimeout(done, 50))]);
  expect(waiting).not.toHaveBeenCalled();
});
