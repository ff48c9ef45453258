import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which Lotline this is, as its package says. */
export const VERSION: string = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')).version;
