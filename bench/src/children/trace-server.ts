import { ANALYST, mintToken, viewerInRole } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { buildGraph } from '@lotline/server/dist/graph';
import { startServer } from '@lotline/server/dist/http';
import { Cursors } from '@lotline/server/dist/log';
import { answerParent } from '../child';

export interface ServerTask {
  url: string;
  /** Identifier of an operation, and code of a certifier, to mint tokens for. */
  operation?: string;
  certifier?: string;
}

/** Where a server listens, and the token of an analyst there. */
export interface ServerPlace {
  url: string;
  token: string;
  operationToken: string | null;
  certifierToken: string | null;
}

answerParent<ServerTask, ServerPlace>(async ({ url, operation, certifier }) => {
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
    oidc: null,
    graphiqlToken: null,
    retentionDays: 90,
    heartbeatMs: 15_000,
    mostConnections: 10_000,
  });
  const { tokenKey } = database.installation;
  const mint = async (role: string) => mintToken(await viewerInRole(database, role), tokenKey);
  const token = await mintToken(ANALYST, tokenKey);
  const operationToken = operation ? await mint(`operation:${operation}`) : null;
  const certifierToken = certifier ? await mint(`certifier:${certifier}`) : null;
  const close = async () => {
    await server.stop();
    await database.close();
  };
  return { answer: { url: server.url, token, operationToken, certifierToken }, close };
});
