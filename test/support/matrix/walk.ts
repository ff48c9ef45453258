import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';

// The ways that lead to a type, found in the schema: every edge into it, each by the shortest way from a root or a noun.

/** One field on the way. */
interface Step {
  parent: string;
  field: string;
  arguments: string;
  /** The type that the next step stands in, or the way ends at. */
  type: string;
  /** Asked for as a condition, where the field may lead to several types. */
  on: boolean;
  /** Asked for through the nodes of a page. */
  page: boolean;
}
export type Way = readonly Step[];

/** What fields are asked with: several where one answer does not show everything. */
export type Arguments = (parent: string, field: string, type: string) => string[];

/** Types that follow what they carry, and have no rows of their own. */
export const FOLLOWS = /(?:Connection|Edge|Payload|Message)$|^PageInfo$/;

const pageNode = (type: GraphQLNamedType): GraphQLNamedType | null =>
  isObjectType(type) && type.name.endsWith('Connection') ? getNamedType(type.getFields().nodes!.type) : null;

/** Whatever a field leads to, pages looked through. */
const targetOf = (field: GraphQLField<unknown, unknown>): GraphQLNamedType => {
  const type = getNamedType(field.type);
  if (type.name.endsWith('Message') && isObjectType(type)) return getNamedType(type.getFields().change!.type);
  return pageNode(type) ?? type;
};

const isWithoutArguments = ({ args }: GraphQLField<unknown, unknown>) => !args.some(({ type }) => isNonNullType(type));

export class Walker {
  /** Object types that answers may hold, with rows of their own. */
  readonly types: readonly GraphQLObjectType[];
  private readonly waysTo = new Map<string, Way>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly given: Arguments,
  ) {
    this.types = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__') && !FOLLOWS.test(type.name),
    );
  }

  fieldsOf(type: string): GraphQLField<unknown, unknown>[] {
    return Object.values((this.schema.getType(type) as GraphQLObjectType).getFields());
  }

  /** Every edge into a type, each by the shortest way; its nouns are found by their ids. */
  into(type: string): Way[] {
    if (type === 'Query' || type === 'Subscription') return [[]];
    const nearest = this.types.filter(({ name }) => name !== 'Mutation');
    return nearest.flatMap(({ name: parent }) =>
      this.fieldsOf(parent).flatMap((field) => {
        const steps = this.stepsBy(parent, field).filter((step) => step.type === type);
        const before = steps.length > 0 ? this.wayTo(parent) : null;
        return before === null ? [] : steps.map((step) => [...before, step]);
      }),
    );
  }

  /** The shortest way to a type: a noun by its id, all else from a noun or a root. */
  private wayTo(type: string): Way | null {
    if (this.waysTo.size === 0) this.findWays();
    return this.waysTo.get(type) ?? null;
  }

  private findWays(): void {
    const nouns = this.schema.getPossibleTypes(this.schema.getType('Node') as never).map(({ name }) => name);
    const node = this.fieldsOf('Query').find(({ name }) => name === 'node')!;
    const waiting: string[] = [...nouns, 'Query', 'Subscription'];
    for (const step of this.stepsBy('Query', node)) this.waysTo.set(step.type, [step]);
    this.waysTo.set('Query', []).set('Subscription', []);
    for (const parent of waiting)
      for (const field of this.fieldsOf(parent))
        for (const step of this.stepsBy(parent, field)) {
          if (this.waysTo.has(step.type)) continue;
          this.waysTo.set(step.type, [...this.waysTo.get(parent)!, step]);
          waiting.push(step.type);
        }
  }

  private stepsBy(parent: string, field: GraphQLField<unknown, unknown>): Step[] {
    const target = targetOf(field);
    const on = isAbstractType(target);
    const types = on ? this.schema.getPossibleTypes(target) : isObjectType(target) ? [target] : [];
    const page = pageNode(getNamedType(field.type)) !== null;
    return types.flatMap(({ name: type }) =>
      this.argumentsOf(parent, field, type).map((given) => ({ parent, field: field.name, arguments: given, type, on, page })),
    );
  }

  /** Everything a field is asked with, in brackets. */
  private argumentsOf(parent: string, field: GraphQLField<unknown, unknown>, type: string): string[] {
    const paged = field.args.some(({ name }) => name === 'first') ? ['first: 50'] : [];
    return this.given(parent, field.name, type).map((given) => {
      const all = [...(given === '' ? [] : [given]), ...paged];
      return all.length === 0 ? '' : `(${all.join(', ')})`;
    });
  }

  /** A selection that shows all that a field says of its own: of a noun its id, of anything else its values. */
  private shown(type: GraphQLNamedType): string {
    if (isLeafType(type)) return '';
    if (isAbstractType(type))
      return `{ __typename ${this.schema
        .getPossibleTypes(type)
        .map(({ name }) => `... on ${name} { id }`)
        .join(' ')} }`;
    const node = pageNode(type);
    const fields = Object.values((type as GraphQLObjectType).getFields());
    if (node) {
      const count = fields.some(({ name }) => name === 'totalCount') ? 'totalCount' : '';
      const each = this.shown(node);
      return `{ ${count} nodes ${each} edges { cursor node ${each} } pageInfo { hasNextPage startCursor endCursor } }`;
    }
    if (fields.some(({ name }) => name === 'id')) return '{ id }';
    const told = fields.filter(isWithoutArguments).map((field) => {
      const leads = getNamedType(field.type);
      if (isLeafType(leads)) return field.name;
      // A change is known by the noun that it is of.
      return isNonNullType(field.type) && isObjectType(leads) && leads.getFields().id ? `${field.name} { id }` : '';
    });
    return `{ __typename ${told.join(' ')} }`;
  }

  /** How a field of a type is asked: under its own name, numbered where it is asked in several ways. */
  askedAs(type: string, field: string): string {
    const of = this.fieldsOf(type).find(({ name }) => name === field)!;
    const named = getNamedType(of.type);
    const message = named.name.endsWith('Message') ? targetOf(of) : named;
    const ways = [...new Set(this.stepsBy(type, of).map((step) => step.arguments))];
    const asked = ways.length > 0 ? ways : this.argumentsOf(type, of, '');
    return asked.map((given, index) => `${field}_${index}: ${field}${given} ${this.shown(message)}`).join(' ');
  }

  /** Where a field leads to, pages looked through. */
  leadsTo(type: string, field: string): string {
    return targetOf(this.fieldsOf(type).find(({ name }) => name === field)!).name;
  }

  /** Is a field a value, and not an edge? */
  isLeaf(type: string, field: string): boolean {
    return isLeafType(getNamedType(this.fieldsOf(type).find(({ name }) => name === field)!.type));
  }

  /** Does a type have ids of its own? */
  isNoun(type: string): boolean {
    return this.fieldsOf(type).some(({ name }) => name === 'id');
  }
}

/** A document that goes ways, numbered from `way_0` on, and selects the same of a type at the end of each. */
export function documentOf(ways: readonly Way[], type: string, selection: string): string {
  const all = ways.map((way, number) => {
    const [first] = way;
    if (!first) return '...asked';
    const inner = way.reduceRight((selected, { field, arguments: given, type: of, on, page }) => {
      const asked = on ? `... on ${of} { ${selected} }` : selected;
      return `${field}${given} { ${page ? `nodes { ${asked} }` : asked} }`;
    }, '...asked');
    return `way_${number}: ${inner}`;
  });
  return `{ ${all.join(' ')} } fragment asked on ${type} { ${selection} }`;
}

/** All objects at the end of a way; what is given is what its first field holds, or everything where it has none. */
export function atTheEnd(way: Way, data: unknown): Record<string, unknown>[] {
  const follow = (value: any, rest: Way): any[] => {
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return value.flatMap((each) => follow(each, rest));
    const [step, ...later] = rest;
    if (!step) return Object.keys(value).length > 0 ? [value] : [];
    const next = value[step.field];
    return follow(step.page ? next?.nodes : next, later);
  };
  const [first, ...rest] = way;
  if (!first) return follow(data, way);
  const held = data as { nodes?: unknown } | null;
  return follow(first.page ? held?.nodes : held, rest);
}
