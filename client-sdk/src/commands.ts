/** What a command takes; its idempotencyKey is made where you give none, and is the same however often it is sent. */
export type Command<Input extends { readonly idempotencyKey: string }> = Omit<Input, 'idempotencyKey'> & {
  readonly idempotencyKey?: string;
};

/** 128 random bits. `crypto.randomUUID` is not there on pages without TLS. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const withKey = <Input extends { readonly idempotencyKey?: string }>(input: Input): Input & { readonly idempotencyKey: string } => ({
  ...input,
  idempotencyKey: input.idempotencyKey ?? randomKey(),
});
