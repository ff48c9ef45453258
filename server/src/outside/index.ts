export { askingTasks, beginAsking } from './ask-standing';
export { tellOutside } from './follow';
export type { OutsideSettings } from './http';
export * from './resolver';
export { sendingTasks } from './send';
export { startStandIns } from './stand-ins';
export { NOBODY_OUTSIDE, openSystems, type Systems, type SystemsSettings } from './systems';
