import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { connect } from './connect.mjs';

const { LOTLINE_URL = 'http://localhost:4000', LOTLINE_TOKEN, AFTER, SILENT_SECONDS } = process.env;

const LOTS = gql`
  subscription Lots($after: Cursor) {
    lotEvents(after: $after) { cursor change { kind on kilograms lot { code } } }
  }
`;

const client = new ApolloClient({
  link: new GraphQLWsLink(connect(LOTLINE_URL, LOTLINE_TOKEN, SILENT_SECONDS)),
  cache: new InMemoryCache(),
});

client.subscribe({ query: LOTS, variables: { after: AFTER } }).subscribe(({ data, error }) => {
  if (error) {
    console.error(error.errors ?? error);
    process.exit(1);
  }
  if (data.lotEvents.change) console.log(JSON.stringify(data.lotEvents));
});
