import { Field, ID, InterfaceType } from 'type-graphql';
import { type NodeType, toGlobalId } from './global-id';

/** Anything with an identity of its own. */
@InterfaceType({ description: 'Anything with an identity of its own (Relay).', resolveType: (value: Node) => value.nodeType })
export abstract class Node {
  abstract readonly nodeType: NodeType;

  /** UUIDv7; inside the database only. */
  abstract id: string;

  @Field(() => ID, { name: 'id', simple: false, description: 'Relay global id.' })
  get globalId(): string {
    return toGlobalId(this.nodeType, this.id);
  }
}
