import { Field, ObjectType } from 'type-graphql';
import { FilingEntityRole, FilingFault, FilingSeverity } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { CountryCodeScalar, KilogramsScalar } from '../scalars';

// Fields are called as CBP's PGA message set calls them (ACE CATAIR, PGA chapter; USDA-AMS supplement).

@ObjectType({ simpleResolvers: true, description: 'Something that is wrong with a filing.' })
export class CustomsFilingFault {
  @Field(() => FilingFault, { description: 'What.' })
  code: FilingFault;

  @Field(() => FilingSeverity, { description: 'Does it bounce?' })
  severity: FilingSeverity;

  @Field(() => String, {
    nullable: true,
    description: 'The argument that says so, e.g. asKeyed.messageSet; null of the certificate itself.',
  })
  field: string | null;

  @Field(() => String, { description: 'What is wrong.' })
  message: string;

  @Field(() => String, { description: 'What would be right.' })
  remedy: string;
}

@ObjectType({ simpleResolvers: true, description: 'Somebody that the message set OR1 names.' })
export class FilingEntity {
  @Field(() => FilingEntityRole, { description: 'Entity role code (PG19).' })
  entityRoleCode: FilingEntityRole;

  @Field(() => String, { nullable: true, description: 'Name (PG19); null where it is not on record, or not yours to see.' })
  entityName: string | null;

  @Field(() => String, { nullable: true, description: 'Its NOP ID: ten digits, of a certifying agent its three characters (PG19).' })
  entityNumber: string | null;

  @Field(() => String, { nullable: true, description: 'Address (PG20).' })
  entityAddress: string | null;

  @Field(() => CountryCodeScalar, { nullable: true, description: 'Country (PG20).' })
  entityCountry: string | null;

  @Field(() => String, { nullable: true, description: 'Whom to ask (PG21); none is on record, the filer knows.' })
  individualName: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'The message set OR1: for a certificate on paper, which is issued only while the Organic Integrity Database is out of reach.',
})
export class CustomsFilingOnPaper {
  @Field(() => String, { description: 'OR1 (PG01).' })
  governmentAgencyProcessingCode: string;

  @Field(() => String, { description: 'AM4: the declaration about the certification (PG22).' })
  declarationCode: string;

  @Field(() => String, { nullable: true, description: 'What the goods are for (PG01), as it was keyed.' })
  intendedUse: string | null;

  @Field(() => [FilingEntity], { description: 'Whom it names.' })
  entities: FilingEntity[];

  @Field(() => [String], { description: 'What it asks for and is not on record, or not yours to see, e.g. "EX individualName".' })
  missing: string[];
}

@ObjectType({
  simpleResolvers: true,
  description: 'What a broker keys in to enter goods under an import certificate, and why that would bounce.',
})
export class CustomsFiling {
  @Field(() => String, { description: 'AMS, the Agricultural Marketing Service (PG01).' })
  governmentAgencyCode: string;

  @Field(() => String, { description: 'OR, organic (PG01).' })
  governmentAgencyProgramCode: string;

  @Field(() => String, { description: 'OR2, the electronic certificate (PG01).' })
  governmentAgencyProcessingCode: string;

  @Field(() => String, { nullable: true, description: 'Number of the certificate (PG14); null before it is issued.' })
  lpcoNumber: string | null;

  @Field(() => KilogramsScalar, { description: 'Net quantity (PG29).' })
  commodityNetQuantity: Grams;

  @Field(() => String, { description: 'KG (PG29).' })
  commodityNetQuantityUnit: string;

  @Field(() => [String], { description: 'Numbers of the lots (PG25), where they are given.' })
  lotNumbers: string[];

  @Field(() => CustomsFilingOnPaper, { description: 'What the contingency asks for beside this.' })
  onPaper: CustomsFilingOnPaper;

  @Field(() => [CustomsFilingFault], { description: 'Every reason why it would bounce, and what to look at again.' })
  faults: CustomsFilingFault[];

  @Field(() => Boolean, { description: 'Is one of them an error?' })
  bounces: boolean;
}
