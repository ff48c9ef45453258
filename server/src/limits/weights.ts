// What fields weigh. One unit is what one object of a list costs to find, with its rights, and to write: 20 to 75
// microseconds of a core, as fast as that is.

/** An object, where nothing else is said of its field. */
export const OBJECT = 1;
/** A value: a name, a number, a code. */
export const LEAF = 0.2;
/** A cursor, which is sealed. */
export const CURSOR = 0.5;
/** Each element of a list in an argument: an id to be read, sent and looked for. */
export const ELEMENT = 0.1;

/** The beginning of an operation: its viewer, its view of the database, its answer. */
export const OF_OPERATION = { Query: 20, Mutation: 100, Subscription: 50 } as const;
/** A command, in one transaction. */
export const COMMAND = 300;
/** A list that is asked of the database. */
export const LIST = 1;
/** A list of the whole graph, not of one noun. */
export const ROOT_LIST = 20;
/** A noun by what names it. */
export const LOOK_UP = 40;
/** How many there are, at most 10,001. */
export const COUNT = 3;
/** The schema of the graph, whatever is asked of it; a type of it. */
export const INTROSPECTION = { __schema: 2000, __type: 50 } as const;

/** Length of a list that has no pages, where nothing else is said of it. */
export const ASSUMED = 2;

/** Fields that do much work of their own, as measured (test/integration/limits-cost.test.ts). */
export const WEIGHTS: Readonly<Record<string, number>> = {
  // A walk of the usual chain; its facts are read once, whichever of its pages asks for them first.
  'Lot.trace': 150,
  'Trace.complete': 400,
  'Trace.summary': 200,
  'Trace.lots': 200,
  'Trace.links': 20,
  'Trace.steps': 400,
  'Trace.gaps': 400,
  'Trace.holders': 200,
  'Lot.origin': 150,
  'Lot.balance': 8,
  'Query.recall': 500,
  'Recall.complete': 400,
  'Query.massBalance': 150,
  'Query.search': 40,
  'Query.customsFiling': 100,
  'Query.importCertificates': 80,
  'Query.importCertificateDeadlines': 30,
  'ImportCertificate.closeOut': 5,
  'ImportCertificate.checklist': 3,
  'ImportCertificate.drawn': 2,
  'ImportCertificate.remaining': 2,
  'Shipment.checklist': 4,
  'OperationCertificate.impact': 1500,
  'Operation.lots': 2,
  'Operation.importCertificates': 4,
};

/** Lengths of lists that have no pages. */
export const LENGTHS: Readonly<Record<string, number>> = {
  'FailedJobs.jobs': 100,
  // One of each stage.
  'ImportCertificate.checklist': 7,
  'Query.webhooks': 20,
  'Webhook.deliveries': 100,
  'ImportCertificate.notices': 1,
  'Shipment.notices': 1,
  'Lot.notices': 1,
};
