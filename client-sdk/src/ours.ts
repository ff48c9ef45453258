import { TypedDocument } from './document.ts';
import { MASSES } from './generated/masses.ts';

/** A document of ours: its text and that of its fragments. A function, so that a bundler drops those that nobody asks for. */
export const ours = <Answer, Variables>(text: string, fragments: readonly string[]): TypedDocument<Answer, Variables> =>
  new TypedDocument(text + fragments.join(''), MASSES);
