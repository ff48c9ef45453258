import { ANALYST, mintToken } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { buildGraph } from '@lotline/server/dist/graph';
import { startServer } from '@lotline/server/dist/http';
import { Cursors } from '@lotline/server/dist/log';
import { answerParent } from '../child';

export interface ServerTask {
  url: string;
}

/** Where a server listens, and the token of an analyst there. */
export interface ServerPlace {
  url: string;
  token: string;
}

answerParent<ServerTask, ServerPlace>(async ({ url }) => {
  const database = await Database.open(url);
  const server = await startServer({
    graph: buildGraph(),
    database,
    runner: new Runner(database),
    cursors: new Cursors(database.installation),
    port: 0,
    host: '127.0.0.1',
    logLevel: 'warn',
    questionTimeout: 15_000,
    demo: true,
    graphiqlToken: null,
  });
  const token = await mintToken(ANALYST, database.installation.tokenKey);
  const close = async () => {
    await server.stop();
    await database.close();
  };
  return { answer: { url: server.url, token }, close };
});
