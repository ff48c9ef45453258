export * from './country';
export * from './day';
export * from './identifier';
export * from './lists';
export * from './mass';
export * from './text';
