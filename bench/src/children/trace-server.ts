import { ANALYST, mintToken, type Viewer } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { viewerForCertifier, viewerForOperation } from '@lotline/server/dist/demo';
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
    graphiqlToken: null,
    retentionDays: 90,
    heartbeatMs: 15_000,
    mostConnections: 10_000,
  });
  const mint = (viewer: Viewer) => mintToken(viewer, database.installation.tokenKey);
  const token = await mint(ANALYST);
  const operationToken = operation ? await mint(await viewerForOperation(database, operation)) : null;
  const certifierToken = certifier ? await mint(await viewerForCertifier(database, certifier)) : null;
  const close = async () => {
    await server.stop();
    await database.close();
  };
  return { answer: { url: server.url, token, operationToken, certifierToken }, close };
});
