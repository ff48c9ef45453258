export * from './resolver';
export { Story } from './story';
