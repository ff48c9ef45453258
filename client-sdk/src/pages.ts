import { NotFound } from './errors.ts';

/** One page of a list. */
interface PageOf {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** What stands on a page: its nodes; its edges, where only these are asked for. */
export type ItemOf<List> = List extends { readonly nodes: readonly (infer Item)[] }
  ? Item
  : List extends { readonly edges: readonly (infer Item)[] }
    ? Item
    : never;

/** A list, page by page: `for await` gives each item of it, asking for the next page when that is needed. */
export class Pages<List> implements AsyncIterable<ItemOf<List>> {
  constructor(
    private readonly path: readonly string[],
    private readonly after: string | null,
    private readonly ask: (after: string | null) => Promise<unknown>,
  ) {}

  /**
   * The page that the variables name, and no other.
   * @throws NotFound where what the list belongs to is not there, or the viewer may not see it
   */
  page(): Promise<List> {
    return this.from(this.after);
  }

  /** Everything, in one array: for lists that are known to be short. */
  async toArray(): Promise<ItemOf<List>[]> {
    const items: ItemOf<List>[] = [];
    for await (const item of this) items.push(item);
    return items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ItemOf<List>, void, undefined> {
    for (let after = this.after; ; ) {
      const page = (await this.from(after)) as List & PageOf & { nodes?: ItemOf<List>[]; edges?: ItemOf<List>[] };
      yield* page.nodes ?? page.edges ?? [];
      const { hasNextPage, endCursor } = page.pageInfo;
      if (!hasNextPage || endCursor === after) return;
      after = endCursor;
    }
  }

  private async from(after: string | null): Promise<List> {
    const list = at(await this.ask(after), this.path);
    if (list === null) throw new NotFound('NOT_FOUND', `there is no ${this.path.join('.')}, or you may not see it`);
    return list as List;
  }
}

/** The type of what stands at a place of an answer. */
export type At<Data, Path extends readonly string[]> = Path extends readonly [infer Name, ...infer Rest extends readonly string[]]
  ? At<NonNullable<Data>[Name & keyof NonNullable<Data>], Rest>
  : NonNullable<Data>;

/** What stands at a place of an answer; null where the way to it ends. */
export function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((place, name) => (place as Record<string, unknown> | null)?.[name] ?? null, data);
}
