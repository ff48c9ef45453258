// Who holds what became of a lot, to the gram, with Apollo Client.
//   node holders.mjs SOY-STOCKTON-1
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';

const { LOTLINE_URL = 'http://localhost:4000', LOTLINE_TOKEN } = process.env;
const [code = 'SOY-STOCKTON-1'] = process.argv.slice(2);

const client = new ApolloClient({
  link: new HttpLink({ uri: `${LOTLINE_URL}/graphql`, headers: { authorization: `Bearer ${LOTLINE_TOKEN}` } }),
  cache: new InMemoryCache(),
});

const HOLDERS = gql`
  query Holders($code: String!) {
    lot(code: $code) {
      trace(direction: FORWARD) { complete holders(first: 100) { nodes { operation { name } fromRoot inTransit } } }
    }
  }
`;

const { data } = await client.query({ query: HOLDERS, variables: { code } });
if (!data.lot) throw new Error(`you see no lot ${code}`);
const { complete, holders } = data.lot.trace;
for (const { operation, fromRoot, inTransit } of holders.nodes)
  console.log(`${fromRoot} kg  ${operation.name}${inTransit === '0' ? '' : `, ${inTransit} kg on its way`}`);
console.log(complete ? 'that is all of it' : 'there may be more that you do not see');
