export { COST, LIST_SIZE, priced } from './annotate';
export { type Allowance, type CostTold, type LimitSettings, RateLimited } from './buckets';
export type { Asked } from './cost';
export { type Asker, Limits, type Ticket } from './limits';
export { printGraph } from './print';
export { LIMIT_RULES, LONGEST_DOCUMENT, MOST_TOKENS, refuseLargeVariables, refuseLongDocument } from './rules';
