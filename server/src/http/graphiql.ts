import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

// GraphiQL at `/`, out of npm packages: nothing is fetched from elsewhere.

const fromPackage = (name: string, ...path: string[]): string => join(dirname(require.resolve(`${name}/package.json`)), ...path);

const ASSETS: Record<string, { file: () => string; type: string }> = {
  'react.js': { file: () => fromPackage('react', 'umd', 'react.production.min.js'), type: 'text/javascript' },
  'react-dom.js': { file: () => fromPackage('react-dom', 'umd', 'react-dom.production.min.js'), type: 'text/javascript' },
  'graphiql.js': { file: () => fromPackage('graphiql', 'graphiql.min.js'), type: 'text/javascript' },
  'graphiql.css': { file: () => fromPackage('graphiql', 'graphiql.min.css'), type: 'text/css' },
};

/** Questions to begin with; each answers on the sample. */
export const EXAMPLES: readonly { name: string; query: string }[] = [
  {
    name: 'Where did it come from?',
    query: `# The ship that arrived in Stockton: what was it made of, and what is missing from its story?
query Back {
  lot(code: "SOY-STOCKTON-1") {
    code
    quantity { kilograms value unit }
    producer { name country }
    ownership { nodes { owner { name } kilograms from until acquiredFrom { name } } }
    trace(direction: BACK) {
      complete
      summary { lots operations depth countries firstOn lastOn gaps { kind count } }
      lots { nodes { depth lot { code kind country product { name organic } producer { name } } } }
      gaps { nodes { kind on message rule lot { lot { code } } } }
    }
  }
}
`,
  },
  {
    name: 'Where is it now?',
    query: `# Who holds what was unloaded, and what became of it
query Forward {
  lot(code: "SOY-STOCKTON-1") {
    balance { born used lost onHand }
    holdings { nodes { operation { name country } kilograms since } }
    trace(direction: FORWARD) {
      summary { lots operations countries }
      lots { nodes { depth lot { code quantity { kilograms } holdings { nodes { operation { name } kilograms } } } } }
    }
  }
}
`,
  },
  {
    name: 'Who is certified?',
    query: `# Operations and the standing of their certificates; public, as in the Organic Integrity Database
query Certified {
  operations(first: 20) {
    totalCount
    nodes {
      name
      country
      nopId
      roles
      certificates { nodes { certifier { name } status history { status effectiveFrom reason } } }
    }
  }
}
`,
  },
];

function page(token: string | null): string {
  const settings = { token, tabs: EXAMPLES.map(({ query }) => ({ query })) };
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Lotline</title>
    <link rel="stylesheet" href="/graphiql/graphiql.css" />
    <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
  </head>
  <body>
    <div id="graphiql">Loading...</div>
    <script src="/graphiql/react.js"></script>
    <script src="/graphiql/react-dom.js"></script>
    <script src="/graphiql/graphiql.js"></script>
    <script>
      const settings = ${JSON.stringify(settings).replaceAll('<', '\\u003c')};
      const headers = settings.token ? { authorization: 'Bearer ' + settings.token } : {};
      const fetcher = GraphiQL.createFetcher({ url: '/graphql', headers });
      ReactDOM.createRoot(document.getElementById('graphiql')).render(
        React.createElement(GraphiQL, { fetcher, defaultTabs: settings.tabs, shouldPersistHeaders: false, defaultEditorToolsVisibility: false }),
      );
    </script>
  </body>
</html>
`;
}

/** Serves GraphiQL, signed in with the token if there is one. */
export function serveGraphiql(app: FastifyInstance, token: string | null): void {
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page(token)));
  app.get('/favicon.ico', async (_request, reply) => reply.code(204).send());
  app.get<{ Params: { asset: string } }>('/graphiql/:asset', async (request, reply) => {
    const asset = Object.hasOwn(ASSETS, request.params.asset) ? ASSETS[request.params.asset] : undefined;
    if (!asset) return reply.code(404).send({ errors: [{ message: 'there is nothing here' }] });
    return reply.type(`${asset.type}; charset=utf-8`).header('cache-control', 'public, max-age=3600').send(createReadStream(asset.file()));
  });
}
