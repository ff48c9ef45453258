export { keepGrants } from './grants';
export { Journal, type JournalSettings, lowestIdAt } from './journal';
export { type Caller, type Note, Notes } from './notes';
export { watch } from './watch';
