// The server as `npm start` starts it, in demo mode on a database that is given: tests sign in with tokens of their own, and may end the
// database beneath it.

const config = require('../../server/dist/config');

const { readConfig } = config;
config.readConfig = (...given) => ({ ...readConfig(...given), demo: true, host: '127.0.0.1' });
require('../../server/dist/main');
