import type { DocumentNode } from 'graphql';

/** Characters of all documents that are kept, together; parsed, one takes about 100 bytes of memory. */
const MOST_CHARACTERS = 300_000;

/** Documents that were parsed and found valid, those that were asked for last: whoever sends another one each time fills no memory. */
export class ParsedDocuments {
  private readonly kept = new Map<string, DocumentNode>();
  private characters = 0;

  constructor(private readonly most = MOST_CHARACTERS) {}

  async get(key: string): Promise<DocumentNode | undefined> {
    const document = this.kept.get(key);
    if (document) {
      this.kept.delete(key);
      this.kept.set(key, document);
    }
    return document;
  }

  async set(key: string, document: DocumentNode): Promise<void> {
    await this.delete(key);
    if (sizeOf(document) > this.most) return;
    this.kept.set(key, document);
    this.characters += sizeOf(document);
    for (const oldest of this.kept.keys()) {
      if (this.characters <= this.most) return;
      await this.delete(oldest);
    }
  }

  async delete(key: string): Promise<void> {
    const document = this.kept.get(key);
    if (document && this.kept.delete(key)) this.characters -= sizeOf(document);
  }
}

/** Characters. */
const sizeOf = ({ loc }: DocumentNode): number => loc?.source.body.length ?? Number.POSITIVE_INFINITY;
