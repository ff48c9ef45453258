import { dirname, join } from 'node:path';

/** A file of an installed package. */
export const fromPackage = (name: string, ...path: string[]): string => join(dirname(require.resolve(`${name}/package.json`)), ...path);
