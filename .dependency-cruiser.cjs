// The import rules of the house. Every arrow goes one way: schema <- server <- test, bench; the client knows nobody; inside server/src no circle between
// folders, each folder reached through its index only, and lineage knows no other noun.

const folders =
  '(database|log|access|commands|questions|lineage|rules|operations|products|lots|shipments|documents|attachments|files|certificates|customs|grants|retraction|review|journal|search|trace|arrival|standing|report|import|live|http|jobs|notices|outside|webhooks|print)';

/** What each folder of the server may lean on, besides the schema. */
const MAY_USE = {
  database: [],
  log: ['database'],
  access: ['database'],
  journal: ['database', 'access'],
  commands: ['database', 'log', 'access', 'journal'],
  jobs: ['database', 'access', 'commands', 'questions'],
  questions: ['database', 'log', 'access', 'journal', 'commands'],
  lineage: ['database'],
  rules: [],
  products: ['database', 'commands', 'questions'],
  operations: ['database', 'access', 'commands', 'questions', 'rules'],
  documents: ['database', 'access', 'commands', 'questions'],
  files: ['database', 'access'],
  attachments: ['database', 'access', 'commands', 'questions', 'rules', 'documents', 'files', 'certificates'],
  certificates: ['database', 'access', 'commands', 'questions', 'rules', 'documents'],
  lots: ['database', 'access', 'commands', 'questions', 'operations', 'documents', 'certificates'],
  shipments: ['database', 'access', 'commands', 'questions', 'operations', 'lots', 'documents', 'certificates'],
  customs: ['database', 'access', 'commands', 'questions', 'rules', 'operations', 'lots', 'documents', 'certificates', 'shipments'],
  retraction: ['database', 'access', 'commands', 'questions', 'operations', 'certificates', 'lots', 'shipments'],
  grants: ['database', 'access', 'journal', 'commands', 'questions', 'operations'],
  search: ['database', 'access', 'questions', 'operations', 'lots', 'shipments', 'documents', 'certificates', 'customs'],
  trace: ['database', 'access', 'questions', 'lineage', 'operations', 'lots', 'shipments', 'documents', 'certificates', 'customs', 'rules'],
  review: ['database', 'access', 'journal', 'commands', 'questions', 'operations', 'certificates', 'trace', 'rules'],
  arrival: [
    'database',
    'access',
    'commands',
    'questions',
    'rules',
    'operations',
    'lots',
    'documents',
    'certificates',
    'shipments',
    'customs',
    'trace',
  ],
  report: ['database', 'questions', 'operations', 'products', 'lots', 'trace'],
  import: ['access', 'commands', 'operations', 'products', 'lots', 'shipments', 'documents', 'certificates', 'customs'],
  standing: ['database', 'access', 'commands', 'jobs', 'lineage', 'rules', 'operations', 'certificates', 'lots', 'notices'],
  notices: ['database', 'access', 'commands', 'questions', 'jobs', 'certificates', 'rules'],
  outside: ['database', 'log', 'access', 'journal', 'commands', 'questions', 'jobs', 'operations', 'certificates', 'review'],
  live: ['database', 'log', 'access', 'journal', 'commands', 'questions', 'operations', 'lots', 'shipments', 'certificates', 'customs'],
  webhooks: ['database', 'log', 'access', 'journal', 'commands', 'questions', 'jobs', 'live'],
  print: ['log', 'questions'],
  http: ['database', 'log', 'access', 'journal', 'commands', 'questions', 'files', 'live', 'print'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'schema-knows-no-server', severity: 'error', from: { path: '^schema/' }, to: { path: '^(server|test|bench)/' } },
    { name: 'server-knows-no-test', severity: 'error', from: { path: '^server/' }, to: { path: '^(test|bench)/' } },
    {
      name: 'client-knows-nobody',
      comment: 'The client runs in browsers and in programs of others: it takes no package, nothing of Node, and no code of ours.',
      severity: 'error',
      from: { path: '^client-sdk/src/' },
      to: { pathNot: '^client-sdk/src/' },
    },
    {
      name: 'nobody-knows-the-client',
      comment: 'The server gives it away as a file.',
      severity: 'error',
      from: { path: '^(schema|server)/' },
      to: { path: '^client-sdk/' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'folders-by-their-index',
      comment: 'A folder of the server is reached through its index.ts.',
      severity: 'error',
      from: { path: `^server/src/(?:${folders}/)?` },
      to: { path: `^server/src/${folders}/(?!index\\.ts$)`, pathNot: '^server/src/$1/' },
    },
    ...Object.entries(MAY_USE).map(([folder, uses]) => ({
      name: `${folder}-uses-only`,
      comment: `server/src/${folder} may use ${uses.join(', ') || 'the schema alone'}.`,
      severity: 'error',
      from: { path: `^server/src/${folder}/` },
      to: { path: '^server/src/', pathNot: `^server/src/(${[folder, ...uses].join('|')})/` },
    })),
    {
      name: 'only-the-top-puts-together',
      comment: 'app, main, cli, demo and graph put parts together; no part knows them.',
      severity: 'error',
      from: { path: `^server/src/${folders}/` },
      to: { path: '^server/src/[^/]+\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'require', 'import', 'default'],
      extensions: ['.ts', '.js', '.cjs', '.json'],
      mainFields: ['main'],
    },
  },
};
