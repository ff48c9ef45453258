import { type ClassType, Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Where a page stands in its list (Relay).' })
export class PageInfo {
  @Field(() => Boolean, { description: 'There is more after this page.' })
  hasNextPage: boolean;

  @Field(() => Boolean, { description: 'There is something before this page.' })
  hasPreviousPage: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge.' })
  startCursor: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge; give it as `after` for the next page.' })
  endCursor: string | null;
}

/** One edge of a page; its cursor is made only if it is asked for. */
export interface EdgeOf<T> {
  readonly cursor: string;
  readonly node: T;
}

/** One page of a list. `totalCount` is counted only if it is asked for, and null above 10,000. */
export interface Page<T> {
  edges: EdgeOf<T>[];
  nodes: T[];
  pageInfo: PageInfo;
  totalCount: () => Promise<number | null> | number | null;
}

/** The Relay connection and edge types of a GraphQL object type. */
export function connectionOf<T extends object>(name: string, node: () => ClassType<T>) {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `One ${name} of a page.` })
  class Edge implements EdgeOf<T> {
    @Field(() => String, { description: 'Place in the list; opaque.' })
    cursor: string;

    @Field(node, { description: `The ${name}.` })
    node: T;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of a list (${name}).` })
  class Connection implements Page<T> {
    @Field(() => [Edge], { description: 'The page, with a cursor each.' })
    edges: Edge[];

    @Field(() => [node()], { description: 'The page, without cursors.' })
    nodes: T[];

    @Field(() => PageInfo, { description: 'Where this page stands in its list.' })
    pageInfo: PageInfo;

    @Field(() => Int, { nullable: true, description: 'Length of the whole list; null above 10,000.' })
    totalCount: Page<T>['totalCount'];
  }
  return Connection as ClassType<Page<T>>;
}
