/** Builds the conditions of a statement, and numbers its parameters. */
export class Conditions {
  readonly parameters: unknown[] = [];
  private readonly parts: string[] = [];

  /** Registers a parameter and names it. */
  parameter(value: unknown): string {
    this.parameters.push(value);
    return `$${this.parameters.length}`;
  }

  add(condition: string): void {
    this.parts.push(condition);
  }

  /** `column = any(values)`, where values were given at all. */
  anyOf(column: string, values: readonly unknown[] | null | undefined, type: string): void {
    if (values != null) this.add(`${column} = any(${this.parameter(values)}::${type}[])`);
  }

  toString(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' and ');
  }
}
