import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

// Browsers have one, and Node.js from 22 on. Apollo Client asks for it too, though it is not the one to open the connection.
globalThis.WebSocket ??= WebSocket;

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * The stock client of graphql-ws, whose subscriptions go on behind the last message that they were given. For documents that have
 * `after: $after` and ask for `cursor`. A connection that is silent for so many seconds is dead: three heartbeats should have come.
 */
export function connect(url, token, silentSeconds = 45) {
  let socket;
  let silence;
  const watch = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      // What the old connection may still bring would come again over the new one.
      socket.onmessage = null;
      client.terminate();
    }, silentSeconds * 1000);
  };
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { authorization: token },
    retryAttempts: Number.POSITIVE_INFINITY,
    // Not all clients of a server that stops come back at once.
    retryWait: (retries) => sleep(Math.min(1000 * 2 ** retries, 30_000) * (0.5 + Math.random())),
    // 4403: the token is not valid, and will not be the next time.
    shouldRetry: ({ code }) => code !== 4403,
    on: {
      opened: (opened) => {
        socket = opened;
        watch();
      },
      message: watch,
      closed: () => clearTimeout(silence),
    },
  });

  return {
    ...client,
    subscribe(asked, sink) {
      // The client sends what stands in here whenever it subscribes again.
      const variables = { ...asked.variables };
      let end;
      const begin = () => {
        end = client.subscribe(
          { ...asked, variables },
          {
            next(result) {
              sink.next(result);
              const [message] = Object.values(result.data ?? {});
              if (message) variables.after = message.cursor;
            },
            error(reason) {
              const { retryable, resumeAfter } = reason[0]?.extensions ?? {};
              if (!retryable) return sink.error(reason);
              console.warn(reason);
              if (resumeAfter) variables.after = resumeAfter;
              const waiting = setTimeout(begin, 1000);
              end = () => clearTimeout(waiting);
            },
            complete: () => sink.complete(),
          },
        );
      };
      begin();
      return () => end();
    },
  };
}
