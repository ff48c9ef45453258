export { RetractionMutations } from './mutations';
