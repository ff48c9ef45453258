import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { fromPackage } from './packages';

// GraphiQL at `/`, out of npm packages: nothing is fetched from elsewhere.

const ASSETS: Record<string, { file: () => string; type: string }> = {
  'react.js': { file: () => fromPackage('react', 'umd', 'react.production.min.js'), type: 'text/javascript' },
  'react-dom.js': { file: () => fromPackage('react-dom', 'umd', 'react-dom.production.min.js'), type: 'text/javascript' },
  'graphiql.js': { file: () => fromPackage('graphiql', 'graphiql.min.js'), type: 'text/javascript' },
  'graphiql.css': { file: () => fromPackage('graphiql', 'graphiql.min.css'), type: 'text/css' },
};

/** A question to begin with; GraphiQL names its tab after the operation. */
interface Example {
  query: string;
  /** Answered without a token too. */
  public: boolean;
}

/** Questions to begin with; each answers on the sample. Lines are short enough for half a window. */
export const EXAMPLES: readonly Example[] = [
  {
    public: false,
    query: `# What is missing from its story? What was it
# made of, and who brought it here?
query WhereDidItComeFrom {
  lot(code: "SOY-STOCKTON-1") {
    product { name organic }
    quantity { value unit kilograms }
    trace(direction: BACK) {
      complete
      gaps {
        nodes {
          kind
          on
          message
          rule
          lot { lot { code } }
        }
      }
      summary { lots depth countries firstOn lastOn }
      lots {
        nodes {
          depth
          lot {
            code
            kind
            country
            product { name organic }
            producer { name }
          }
        }
      }
    }
    ownership(first: 2) {
      nodes {
        owner { name country }
        acquiredFrom { name }
        from
        kilograms
      }
    }
  }
}
`,
  },
  {
    public: false,
    query: `# Who held it the day after it arrived, who holds
# it today, and what was made of it?
query WhereIsItNow {
  lot(code: "SOY-STOCKTON-1") {
    atArrival: holdings(asOf: "2025-04-08") {
      nodes { operation { name } kilograms }
    }
    today: holdings {
      nodes { operation { name } kilograms since }
    }
    balance { born used lost onHand }
    trace(direction: FORWARD) {
      summary { lots operations }
      gaps {
        nodes { kind on message lot { lot { code } } }
      }
      lots {
        nodes {
          depth
          lot {
            code
            quantity { kilograms }
            holdings {
              nodes { operation { name } kilograms }
            }
          }
        }
      }
    }
  }
}
`,
  },
  {
    public: true,
    query: `# Certificates are public: who holds one no longer,
# from whom, for what, and how did that come?
query WhoIsCertified {
  operations(
    first: 20
    filter: {
      statuses: [
        SUSPENDED
        REVOKED
        SURRENDERED
      ]
    }
  ) {
    totalCount
    nodes {
      name
      country
      nopId
      certificates(first: 3) {
        nodes {
          status
          certifier { code name }
          products(first: 5) {
            nodes { product { name } }
          }
          history { status effectiveFrom reason }
        }
      }
    }
  }
}
`,
  },
  {
    public: false,
    query: `# What is recorded while you look. Press the button,
# then give a command, or import a folder, anywhere
# else: each change is told here as it is committed.
# The button ends it too.
subscription WhatHappensNow {
  lotEvents {
    sequence
    change {
      at
      kind
      on
      kilograms
      lot {
        code
        product { name }
        producer { name }
      }
    }
    cursor
  }
}
`,
  },
];

const SIGNED_IN = `# Welcome to Lotline. You are signed in as the
# analyst, who reads everything and changes nothing.
# The questions are about the sample, whose companies
# are invented. The pink button, or Ctrl-Enter, asks.
# Each tab is another one; the book on the left holds
# all that can be asked.

`;
const NOBODY = `# Welcome to Lotline. You are not signed in, so you are
# answered what is public: operations with an organic
# certificate, and the certificates.
# The pink button, or Ctrl-Enter, asks the question.
# All that can be asked is at /schema.graphql; with a
# token, under Headers, the book on the left holds it
# once the schema is fetched anew.

`;

/** The queries of the tabs: all of them for the analyst, the public ones for nobody. */
function tabsFor(token: string | null): string[] {
  const [first, ...rest] = EXAMPLES.filter((example) => token !== null || example.public).map(({ query }) => query);
  return [(token === null ? NOBODY : SIGNED_IN) + first, ...rest];
}

function page(token: string | null): string {
  const settings = { token, tabs: tabsFor(token).map((query) => ({ query })) };
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
      const ask = GraphiQL.createFetcher({
        url: '/graphql',
        headers,
        subscriptionUrl: location.origin.replace(/^http/, 'ws') + '/graphql',
        wsConnectionParams: headers,
      });
      // The first heartbeat shows that the stream is live; those behind it would take the last change off the page.
      const isHeartbeat = ({ data }) => data && Object.values(data)[0]?.change === null;
      const withoutHeartbeats = (messages) => {
        let begun = false;
        const shown = {
          next: async () => {
            let message = await messages.next();
            while (begun && !message.done && isHeartbeat(message.value)) message = await messages.next();
            begun = true;
            return message;
          },
          return: () => messages.return(),
          [Symbol.asyncIterator]: () => shown,
        };
        return shown;
      };
      const fetcher = async (...asked) => {
        const answer = await ask(...asked);
        return Symbol.asyncIterator in answer ? withoutHeartbeats(answer) : answer;
      };
      // Under keys of our own: another GraphiQL on the same port must not show its tabs here.
      const storage = {
        getItem: (key) => localStorage.getItem('lotline:' + key),
        setItem: (key, value) => localStorage.setItem('lotline:' + key, value),
        removeItem: (key) => localStorage.removeItem('lotline:' + key),
        clear: () => Object.keys(localStorage).filter((key) => key.startsWith('lotline:')).forEach((key) => localStorage.removeItem(key)),
        get length() { return localStorage.length; },
      };
      ReactDOM.createRoot(document.getElementById('graphiql')).render(
        React.createElement(
          GraphiQL,
          { fetcher, storage, defaultTabs: settings.tabs, shouldPersistHeaders: false, defaultEditorToolsVisibility: false },
          React.createElement(GraphiQL.Logo, null, 'Lotline'),
        ),
      );
    </script>
  </body>
</html>
`;
}

/** What the page loads and runs: our own files, and the one script within it. Its editor writes styles of its own. */
function policyFor(html: string): string {
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)![1]!;
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self' ws: wss:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Serves GraphiQL, signed in with the token if there is one. */
export function serveGraphiql(app: FastifyInstance, token: string | null): void {
  const html = page(token);
  const policy = policyFor(html);
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(html));
  app.get('/favicon.ico', async (_request, reply) => reply.code(204).send());
  app.get<{ Params: { asset: string } }>('/graphiql/:asset', async (request, reply) => {
    const asset = Object.hasOwn(ASSETS, request.params.asset) ? ASSETS[request.params.asset] : undefined;
    if (!asset) return reply.callNotFound();
    return reply.type(`${asset.type}; charset=utf-8`).header('cache-control', 'public, max-age=3600').send(createReadStream(asset.file()));
  });
}
