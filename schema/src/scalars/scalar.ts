import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { bad, type Parsed } from '../refusal';

/**
 * A scalar that travels as a string. What cannot be read is a BAD_USER_INPUT with its remedy; the place in the input is added where
 * errors are formatted.
 */
export function textScalar<T>(
  name: string,
  description: string,
  read: (text: string) => Parsed<T>,
  write: (value: T) => string,
): GraphQLScalarType<T, string> {
  const take = (parsed: Parsed<T>): T => {
    if (parsed.ok) return parsed.value;
    throw new GraphQLError(`${name}: ${parsed.wrong}`, { extensions: { code: 'BAD_USER_INPUT', remedy: parsed.remedy } });
  };
  const ofType = (value: unknown): Parsed<T> =>
    typeof value === 'string' ? read(value) : bad(`a ${typeof value} is not a ${name}`, `send the ${name} as a string`);
  return new GraphQLScalarType<T, string>({
    name,
    description,
    serialize: (value) => write(value as T),
    parseValue: (value) => take(ofType(value)),
    parseLiteral: (node: ValueNode) =>
      take(node.kind === Kind.STRING ? read(node.value) : bad('not a string', `write the ${name} in quotes`)),
  });
}
