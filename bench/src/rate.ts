/** How often each of so many callers gets something done within some seconds, all together, a second. */
export async function rate(callers: number, seconds: number, act: (caller: number, count: number) => Promise<unknown>): Promise<number> {
  let done = 0;
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let count = 0; performance.now() < until; count++, done++) await act(caller, count);
    }),
  );
  return done / ((performance.now() - started) / 1000);
}
