export { EXAMPLES } from './graphiql';
export * from './server';
