#!/usr/bin/env node
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const cli = join(__dirname, '..', 'dist', 'cli.js');
if (!existsSync(cli)) {
  process.stderr.write('lotline is not built yet: run "npm run build" in its folder\n');
  process.exit(2);
}
require(cli);
