import { DateScalar, type Day, Document, ImportProcedure, ImportProcedureConnection, Operation, type Page } from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { subjectVisible } from '../access';
import { knownRow, type Position } from '../database';
import { PageArguments, pageOfFacts, type Question, seenFacts } from '../questions';
import { documentById } from './loaders';

// An importer's documented system for verifying imports (7 CFR 205.273(d)). A newer document replaces the one before, which stays on record.

const documentsOfProcedure = seenFacts<
  { of: string; subject: string; from: Day; recordedBy: string },
  Omit<ImportProcedure, 'version' | 'until'>
>(
  `select d.issuer as of, d.id as subject, row(d.issued_on, d.id) as place, d.issued_on as "from", d.recorded_by, d.recorded_by as "recordedBy"
   from document d where d.issuer = any($1) and d.keeper = d.issuer and d.type = 'IMPORT_PROCEDURE'`,
  ({ subject, from, recordedBy }) => ({ documentId: subject, from, recordedBy }),
);

/** The versions of an operation's procedure that the viewer sees, by their days; of two of one day the one recorded later replaces the other. */
export async function importProceduresOf(
  { reader, viewer }: Pick<Question, 'reader' | 'viewer'>,
  operation: string,
  known: Position | null = null,
): Promise<ImportProcedure[]> {
  const seen = `${subjectVisible(viewer, 'f.subject', known)} and ${knownRow('f', known)}`;
  const documents = await reader.loader(documentsOfProcedure).load({ id: operation, seen, viewer });
  return documents.map((each, index) =>
    Object.assign(new ImportProcedure(), each, { version: index + 1, until: documents[index + 1]?.from ?? null }),
  );
}

/** Is a version in force on a day? */
export const inForceOn = ({ from, until }: ImportProcedure, day: Day): boolean => from <= day && (until === null || day < until);

@Resolver(() => Operation)
export class OperationImportProceduresResolver {
  @FieldResolver(() => ImportProcedureConnection, {
    description: 'Versions of its documented system for verifying imports, oldest first, as far as you see them.',
  })
  importProcedures(
    @Root() { id }: Operation,
    @Arg('on', () => DateScalar, { nullable: true, description: 'Only the one in force on that day.' }) on: Day | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportProcedure>> {
    return pageOfFacts(question, `import procedures of ${id}`, page, async (known) => {
      const versions = await importProceduresOf(question, id, known);
      return on == null ? versions : versions.filter((each) => inForceOn(each, on));
    });
  }
}

@Resolver(() => ImportProcedure)
export class ImportProcedureDocumentResolver {
  @FieldResolver(() => Document, { description: 'The document.' })
  document(@Root() { documentId }: ImportProcedure, @Ctx() { reader }: Question): Promise<Document | null> {
    return reader.loader(documentById).load(documentId);
  }
}
