import { buildSchema, getIntrospectionQuery } from 'graphql';
import { TestIssuer } from '../support/issuer';
import { type Lotline, startLotline } from '../support/lotline';
import { cutSockets, openSocket, until } from '../support/sockets';

// What the graph is made of is asked of the graph in demo mode, or with a token; whoever has none reads the file. What attackers ask for it is
// in test/support/attacks.

const SCHEMA = '{ __schema { queryType { name } } }';

let issuer: TestIssuer;
let token: string;
let lotline: Lotline;
beforeAll(async () => {
  issuer = await TestIssuer.start();
  token = issuer.token(['analyst']);
  lotline = await startLotline({ demo: false, oidc: { issuer: issuer.url, audience: TestIssuer.audience, claim: 'lotline' } });
});
afterAll(async () => {
  await lotline.close();
  await issuer.close();
});
afterEach(cutSockets);

async function ask(query: string, by: 'nobody' | 'token' = 'nobody', more: object = {}, path = '/graphql'): Promise<any> {
  const response = await fetch(lotline.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: path === '/graphql' ? 'application/json' : 'text/event-stream',
      ...(by === 'token' && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, ...more }),
  });
  return response.json();
}
const messageOf = async (...asked: Parameters<typeof ask>): Promise<string> => (await ask(...asked)).errors[0].message;

async function subscribed(query: string, by: 'nobody' | 'token'): Promise<any> {
  const opened = await openSocket(lotline.url);
  opened.send({ type: 'connection_init', payload: by === 'token' ? { authorization: `Bearer ${token}` } : {} });
  await until(() => opened.frames.length > 0);
  opened.send({ id: '1', type: 'subscribe', payload: { query } });
  await until(() => opened.of('1').length > 0);
  return opened.of('1')[0].payload[0];
}

test('whoever shows a token asks the graph, over HTTP; nobody is told where to read', async () => {
  expect((await ask(getIntrospectionQuery(), 'token')).data.__schema.queryType.name).toBe('Query');
  expect((await ask(getIntrospectionQuery())).errors).toEqual([
    {
      message: '__schema is not answered to whoever shows no token',
      locations: [{ line: 3, column: 7 }],
      extensions: expect.objectContaining({ code: 'FORBIDDEN', remedy: 'read the schema at /schema.graphql, or ask with a token' }),
    },
  ]);
  expect(buildSchema(await (await fetch(`${lotline.url}/schema.graphql`)).text()).getType('Lot')).toBeTruthy();
});

test('a document that is kept from whoever may is refused to nobody, as often as they take turns', async () => {
  for (let turn = 0; turn < 3; turn++) {
    expect((await ask(SCHEMA, 'token')).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    const { data, errors } = await ask(SCHEMA);
    expect([data, errors[0].extensions.code]).toEqual([undefined, 'FORBIDDEN']);
  }
});

test('an operation beside that which is meant is part of the document', async () => {
  const both = 'query Asked { viewer { kind } } query Other { __type(name: "Lot") { name } }';
  const named = { operationName: 'Asked' };
  expect((await ask(both, 'nobody', named)).errors[0]).toMatchObject({
    locations: [{ line: 1, column: 47 }],
    extensions: { code: 'FORBIDDEN' },
  });
  expect((await ask(both, 'token', named)).data).toEqual({ viewer: { kind: 'ANALYST' } });
});

test('__typename is no secret, and neither is a field of our own that is called like one', async () => {
  expect((await ask('{ __typename __schema: viewer { __type: kind __typename } }')).data).toEqual({
    __typename: 'Query',
    __schema: { __type: 'NOBODY', __typename: 'Viewer' },
  });
});

test('names that may have been meant are for whoever shows a token', async () => {
  const field = 'Cannot query field "lotz" on type "Query".';
  for (let turn = 0; turn < 2; turn++) {
    expect(await messageOf('{ lotz }', 'token')).toBe(`${field} Did you mean "lot" or "lots"?`);
    expect(await messageOf('{ lotz }')).toBe(field);
  }
  const stream = 'subscription { lotEventz { cursor } }';
  for (const told of [await subscribed(stream, 'token'), (await ask(stream, 'token', {}, '/graphql/stream')).errors[0]])
    expect(told.message).toContain('Did you mean "lotEvents"');
  expect((await subscribed(stream, 'nobody')).message).toBe('Cannot query field "lotEventz" on type "Subscription".');
});

test('what somebody wrote is quoted whole, whatever it looks like', async () => {
  const query = 'query ($code: String!) { lot(code: $code) { id } }';
  expect(await messageOf(query, 'nobody', { variables: { code: { a: ' Did you mean "this"?' } } })).toContain('Did you mean');
});

test('a webhook says nothing to nobody of the document that it would be for', async () => {
  const input = { idempotencyKey: 'w', url: 'https://partner.example/hook', query: 'subscription { lotEventz { cursor } }' };
  const command = 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { secret } }';
  const { errors } = await ask(command, 'nobody', { variables: { input } });
  expect(errors[0].extensions.code).toBe('UNAUTHENTICATED');
  expect(JSON.stringify(errors)).not.toMatch(/Did you mean|lotEvents/);
});
