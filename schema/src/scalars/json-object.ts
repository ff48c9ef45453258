import { GraphQLError, GraphQLScalarType, valueFromASTUntyped } from 'graphql';

/** Most characters of one, as JSON. */
const LONGEST = 16_384;

/** Can every text in it be kept? */
function isWellFormed(value: unknown): boolean {
  let fine = true;
  JSON.stringify(value, (key, each) => {
    for (const text of [key, each]) if (typeof text === 'string' && (!text.isWellFormed() || text.includes('\0'))) fine = false;
    return each;
  });
  return fine;
}

function take(value: unknown): Record<string, unknown> {
  const wrong = (message: string) =>
    new GraphQLError(`JSONObject: ${message}`, { extensions: { code: 'BAD_USER_INPUT', remedy: 'send a JSON object, {"name": value}' } });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('it is no object');
  if (!isWellFormed(value)) throw wrong('a text in it holds half a character, or one that is none');
  if (JSON.stringify(value).length > LONGEST) throw wrong(`it is longer than ${LONGEST} characters`);
  return value as Record<string, unknown>;
}

export const JSONObjectScalar = new GraphQLScalarType<Record<string, unknown>, Record<string, unknown>>({
  name: 'JSONObject',
  description: `A JSON object, of at most ${LONGEST} characters.`,
  serialize: (value) => value as Record<string, unknown>,
  parseValue: take,
  parseLiteral: (node, variables) => take(valueFromASTUntyped(node, variables)),
});
