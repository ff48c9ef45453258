export { COST, LIST_SIZE, priced } from './annotate';
export { type LimitSettings, RateLimited } from './buckets';
export { type Asked, costOf } from './cost';
export { type Enter, PRICES } from './enter';
export { introspectionIn, withoutSuggestion } from './introspection';
export { Limits, type Pass, type Ticket } from './limits';
export { printGraph } from './print';
export { LIMIT_RULES, MOST_TOKENS, refuseLargeVariables, refuseLongDocument } from './rules';
export { documentMeant, isTrusted, readManifest, type TrustedDocuments } from './trusted';
