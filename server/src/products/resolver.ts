import { ImportCertificateLine, Lot, Product, VerifiedProduct } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { nounById } from '../database';
import type { Question } from '../questions';

export const productById = nounById(Product);

@Resolver(() => Lot)
export class LotProductResolver {
  @FieldResolver(() => Product, { description: 'What it is.' })
  product(@Root() lot: Lot, @Ctx() { reader }: Question): Promise<Product | null> {
    return reader.loader(productById).load(lot.productId);
  }
}

@Resolver(() => VerifiedProduct)
export class VerifiedProductResolver {
  @FieldResolver(() => Product, { description: 'The product.' })
  product(@Root() line: VerifiedProduct, @Ctx() { reader }: Question): Promise<Product | null> {
    return reader.loader(productById).load(line.productId);
  }
}

@Resolver(() => ImportCertificateLine)
export class ImportCertificateLineProductResolver {
  @FieldResolver(() => Product, { description: 'What it covers.' })
  product(@Root() line: ImportCertificateLine, @Ctx() { reader }: Question): Promise<Product | null> {
    return reader.loader(productById).load(line.productId);
  }
}
