// Text of a parsed document, for those whose build keeps no source: the nodes that a request may have (GraphQL specification, section 2).

interface Node {
  kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape depends on the kind
  [part: string]: any;
}

const list = (nodes: readonly Node[] | undefined, between: string): string => (nodes ?? []).map(write).join(between);
const around = (before: string, text: string, after: string): string => (text === '' ? '' : before + text + after);
const set = (node: Node | undefined): string => (node ? ` { ${list(node.selections, ' ')} }` : '');
const directives = (node: Node): string => around(' ', list(node.directives, ' '), '');

const WRITERS: Record<string, (node: Node) => string> = {
  Document: (node) => list(node.definitions, '\n'),
  OperationDefinition: (node) =>
    `${node.operation} ${node.name?.value ?? ''}${around('(', list(node.variableDefinitions, ', '), ')')}${directives(node)}${set(node.selectionSet)}`,
  FragmentDefinition: (node) => `fragment ${node.name.value} on ${write(node.typeCondition)}${directives(node)}${set(node.selectionSet)}`,
  VariableDefinition: (node) =>
    `${write(node.variable)}: ${write(node.type)}${node.defaultValue ? ` = ${write(node.defaultValue)}` : ''}${directives(node)}`,
  Field: (node) =>
    `${node.alias ? `${node.alias.value}: ` : ''}${node.name.value}${around('(', list(node.arguments, ', '), ')')}${directives(node)}${set(node.selectionSet)}`,
  FragmentSpread: (node) => `...${node.name.value}${directives(node)}`,
  InlineFragment: (node) =>
    `...${node.typeCondition ? ` on ${write(node.typeCondition)}` : ''}${directives(node)}${set(node.selectionSet)}`,
  Directive: (node) => `@${node.name.value}${around('(', list(node.arguments, ', '), ')')}`,
  Argument: (node) => `${node.name.value}: ${write(node.value)}`,
  Variable: (node) => `$${node.name.value}`,
  NamedType: (node) => node.name.value,
  ListType: (node) => `[${write(node.type)}]`,
  NonNullType: (node) => `${write(node.type)}!`,
  StringValue: (node) => JSON.stringify(node.value),
  NullValue: () => 'null',
  ListValue: (node) => `[${list(node.values, ', ')}]`,
  ObjectValue: (node) => `{${list(node.fields, ', ')}}`,
  ObjectField: (node) => `${node.name.value}: ${write(node.value)}`,
};

const write = (node: Node): string => WRITERS[node.kind]?.(node) ?? String(node.value);

/** The text of a parsed request. */
export const print = (document: { readonly kind: 'Document'; readonly definitions: readonly unknown[] }): string =>
  write(document as unknown as Node);
