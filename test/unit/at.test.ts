import { at } from '@lotline/server/live/at';

// When something is to be done at an instant, it is done then: also where a timer rings before the clock has come to it.

afterEach(() => jest.useRealTimers());

test('a timer that rings a moment too early is waited for again', () => {
  jest.useFakeTimers({ now: 1_000_000 });
  const done: number[] = [];
  at(1_000_500, () => done.push(Date.now()));
  // The clock is set back while the timer runs.
  jest.setSystemTime(999_999);
  jest.advanceTimersByTime(500);
  expect(done).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(done).toEqual([1_000_500]);
});

test('what is called off is not done, and what is over is done at once', () => {
  jest.useFakeTimers({ now: 1_000_000 });
  const done: string[] = [];
  at(1_000_500, () => done.push('called off'))();
  at(999_000, () => done.push('over'));
  at(null, () => done.push('never'));
  expect(done).toEqual([]);
  jest.advanceTimersByTime(1000);
  expect(done).toEqual(['over']);
});
