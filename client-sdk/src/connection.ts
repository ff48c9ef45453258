import { Changes, type MessageOf } from './changes.ts';
import { type DocumentOf, nameOf, TypedDocument, textOf } from './document.ts';
import { withMasses } from './masses.ts';
import { type At, Pages } from './pages.ts';
import { patiently } from './patience.ts';
import { answerIn, post } from './post.ts';
import { type LotlineOptions, type RequestOptions, type Settings, settingsOf } from './settings.ts';
import { Tokens } from './tokens.ts';

/** Variables, which may be left out where none is required, and options. */
export type Asking<Variables> =
  Record<string, never> extends Variables
    ? [variables?: Variables, options?: RequestOptions]
    : [variables: Variables, options?: RequestOptions];

export interface Answer<Data> {
  readonly data: Data;
  /** The state of the log that it reflects: a stream may begin after it. Null where the server did not say. */
  readonly cursor: string | null;
}

/** A way to a server, for documents of your own. `Lotline` has a method per question and per command beside. */
export class Connection {
  private readonly settings: Settings;
  private readonly tokens: Tokens;

  constructor(options: LotlineOptions) {
    this.settings = settingsOf(options);
    this.tokens = new Tokens(options.token ?? null);
  }

  /**
   * Asks a question or gives a command. What may succeed later is sent again: every command has an idempotencyKey, by which it is done once.
   * @throws LotlineError, of the class of its code; `data` of it has what was answered all the same
   */
  async request<Data, Variables>(document: DocumentOf<Data, Variables>, ...asking: Asking<NoInfer<Variables>>): Promise<Data> {
    return (await this.answer(document, ...asking)).data;
  }

  /** As `request`, with the cursor of the state that the answer reflects. */
  async answer<Data, Variables>(document: DocumentOf<Data, Variables>, ...asking: Asking<NoInfer<Variables>>): Promise<Answer<Data>> {
    const [variables, { signal, timeoutMs = this.settings.timeoutMs, atLeast } = {}] = asking;
    const query = textOf(document);
    const headers = {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      ...(atLeast !== undefined && { 'lotline-at-least': atLeast }),
    };
    const { data, cursor } = await patiently(this.settings.retries, signal, (attempt) =>
      this.tokens.use((token) =>
        post(
          this.settings,
          { path: '/graphql', query, operationName: nameOf(query), variables, token, headers, attempt, timeoutMs, signal },
          answerIn,
        ),
      ),
    );
    return { data: (document instanceof TypedDocument && document.masses ? withMasses(data, document.masses) : data) as Data, cursor };
  }

  /**
   * Pages through a list, by `first` and `after` of the document's variables.
   * @param path names that lead to the list in the answer
   */
  pages<Data, Variables extends { after?: string | null | undefined }, const Path extends readonly string[]>(
    document: DocumentOf<Data, Variables>,
    path: Path,
    variables: NoInfer<Variables>,
    options: RequestOptions = {},
  ): Pages<At<Data, Path>> {
    return new Pages(path, variables.after ?? null, (after) =>
      this.request(document, ...([{ ...variables, after }, options] as unknown as Asking<Variables>)),
    );
  }

  /**
   * Follows a subscription: each message once and in order, whatever befalls the way. Heartbeats are kept from you where the document asks
   * for `change`; that it asks for `sequence` too lets a lost message be found out.
   */
  subscribe<Data, Variables>(
    document: DocumentOf<Data, Variables>,
    ...[variables, options]: Asking<NoInfer<Variables>>
  ): Changes<MessageOf<Data>> {
    return new Changes({ present: () => this.cursor(options), settings: this.settings, tokens: this.tokens, document, variables, options });
  }

  /** The present state of the log, as a place for a stream to begin. */
  async cursor(options: RequestOptions = {}): Promise<string> {
    const { cursor } = await this.answer(PRESENT, {}, options);
    return cursor!;
  }
}

const PRESENT = new TypedDocument<{ __typename: 'Query' }, Record<string, never>>('{ __typename }');
