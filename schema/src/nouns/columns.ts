import { Column, type ColumnOptions } from 'typeorm';
import { type Grams, grams } from '../codes/mass';

// The columns that nouns share, each declared once: how a value lies in the table and what it is in code.

/** Text compared in byte order, whatever the database's own collation. */
export const TextColumn = (options: ColumnOptions = {}) => Column('text', { collation: 'C', ...options });

/** Whole grams, a 64-bit integer. */
export const GramsColumn = (options: ColumnOptions = {}) =>
  Column('bigint', {
    ...options,
    transformer: {
      from: (value: string | null) => (value === null ? null : grams(value)),
      to: (value: Grams | null) => value?.toString() ?? null,
    },
  });

/** A local calendar date. */
export const DayColumn = (options: ColumnOptions = {}) => Column('date', { nullable: true, ...options });

/** The instant of a fact, where the hour is known. */
export const InstantColumn = (options: ColumnOptions = {}) => Column('timestamptz', { nullable: true, precision: 6, ...options });

/** A reference to another noun, or to the command that recorded a fact. */
export const ReferenceColumn = (name: string, options: ColumnOptions = {}) => Column('uuid', { name, ...options });

/** Columns of a spreadsheet that the product does not know, kept as they came. */
export const AttributesColumn = () => Column('jsonb', { nullable: true });
