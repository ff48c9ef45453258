import { createHash } from 'node:crypto';
import { getNamedType, isScalarType, print, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { fragments, NOTE, operations, schema } from './schema.mjs';

/** Names under which our documents ask for masses. One that stands for another text somewhere would be read as a mass there: that is refused. */
function massNames() {
  const [masses, others] = [new Set(), new Map()];
  const types = new TypeInfo(schema);
  for (const definition of [...operations, ...fragments]) {
    visit(
      definition,
      visitWithTypeInfo(types, {
        Field(node) {
          const [type, name] = [getNamedType(types.getType()), (node.alias ?? node.name).value];
          if (type.name === 'Kilograms') masses.add(name);
          else if (isScalarType(type) && type.name !== 'Int' && type.name !== 'Float' && type.name !== 'Boolean') others.set(name, definition.name.value);
        },
      }),
    );
  }
  for (const name of masses) {
    if (others.has(name)) throw new Error(`client-sdk/documents: ${name} is a mass, and something else in ${others.get(name)}: give that an alias`);
  }
  return [...masses].sort();
}

const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));

/** The fragments that a definition needs, each before those that need it. */
function needed(definition, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      if (found.has(name.value)) return;
      needed(byName.get(name.value), found);
      found.add(name.value);
    },
  });
  return [...found];
}

const constant = (name) => `${name[0].toLowerCase()}${name.slice(1)}Fragment`;
const kindOf = ({ operation }) => operation[0].toUpperCase() + operation.slice(1);

/** Every document as it is sent, by its hash: what a server that answers trusted documents alone is told of. */
export const manifestFile = () => {
  const texts = operations.map((operation) => `${print(operation)}${needed(operation).map((name) => `\n${print(byName.get(name))}`).join('')}`);
  const entries = texts.map((text) => [`sha256:${createHash('sha256').update(text).digest('hex')}`, text]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
};

/** Every document as it is sent, with the fragments that it needs. */
export function documentsFile() {
  const used = new Set(operations.flatMap((operation) => needed(operation)));
  const unused = fragments.filter(({ name }) => !used.has(name.value));
  if (unused.length > 0) throw new Error(`client-sdk/documents: nothing needs ${unused.map(({ name }) => name.value).join(', ')}`);
  const typesOf = operations.flatMap((each) => [`${each.name.value}${kindOf(each)}`, `${each.name.value}${kindOf(each)}Variables`]);
  return `${NOTE}

import { ours } from '../ours.ts';
import type {
${typesOf.map((name) => `  ${name},`).join('\n')}
} from './types.ts';

${fragments.map((fragment) => `const ${constant(fragment.name.value)} = \`\n${print(fragment)}\`;`).join('\n\n')}

${operations
  .map((operation) => {
    const [name, kind] = [operation.name.value, kindOf(operation)];
    const parts = needed(operation).map(constant).join(', ');
    return `export const ${name}Document = /* @__PURE__ */ ours<${name}${kind}, ${name}${kind}Variables>(\n  \`${print(operation)}\`,\n  [${parts}],\n);`;
  })
  .join('\n\n')}
`;
}


/** The names of masses. */
export const massesFile = () => `${NOTE}

/** Names under which our documents ask for masses, and for nothing else. */
export const MASSES: ReadonlySet<string> = /* @__PURE__ */ new Set([
${massNames()
  .map((name) => `  '${name}',`)
  .join('\n')}
]);
`;
