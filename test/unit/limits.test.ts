import { Limits, priced } from '@lotline/server/limits';
import { buildSchema, getOperationAST, parse } from 'graphql';

test('a webhook and the questions of its owner are paid from one account, however many others there were meanwhile', () => {
  const allowance = { budget: 1000, restoreRate: 0.001, concurrent: 10, streams: 10 };
  const limits = new Limits({ viewer: allowance, nobody: allowance }, false);
  const graph = priced(buildSchema('type Query { a: Int } type Subscription { a: Int }'));
  const document = parse('subscription { a }');
  const pass = limits.follow('owner', { graph, document, operation: getOperationAST(document)!, variables: {} });
  // Who owes nothing is forgotten by and by.
  for (let other = 0; other < 2000; other++) limits.begin({ viewer: `other ${other}`, address: '' }).abandon();
  limits.begin({ viewer: 'owner', address: '' }).pay(1000);
  expect(pass.wait).toBeGreaterThan(0);
});
