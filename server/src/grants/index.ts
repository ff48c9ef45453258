export { ApiKeyResolver, createKey, OperationKeysResolver, visibleKey } from './keys';
