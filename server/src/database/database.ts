import {
  AccessOwner,
  AccessRecord,
  ApiKey,
  Arrival,
  AuditGrant,
  BrokerAssignment,
  Certifier,
  CertifierLeadTime,
  CertifierNotice,
  CustomsEntry,
  CustomsEntryChange,
  CustomsEntryLine,
  CustomsEntryLineLot,
  Disposition,
  Document,
  DocumentLink,
  EmergencyActionCertificate,
  EmergencyActionNotification,
  Holding,
  ImportCertificate,
  ImportCertificateLine,
  ImportCertificateReview,
  ImportCertificateRevision,
  ImportCertificateStatusFact,
  Lot,
  LotAdjustment,
  LotInput,
  Notice,
  NoticePolicy,
  Operation,
  OperationAsked,
  OperationCertificate,
  OperationCertificateStatusFact,
  OutsideEffect,
  Party,
  Product,
  Shipment,
  ShipmentLeg,
  ShippedLot,
  StoredFile,
  Transfer,
  TransferDifference,
  TransferOffer,
  TransferOfferEnd,
  Treatment,
  Upload,
  VerifiedProductLine,
  Webhook,
  WebhookDelivery,
} from '@lotline/schema';
import { Client, type ClientConfig, type Pool, type PoolClient, types } from 'pg';
import { DataSource, DefaultNamingStrategy, type MigrationInterface, type NamingStrategyInterface, type QueryRunner } from 'typeorm';
import { type Meters, statement } from '../telemetry';
import { explain, unavailable } from './laws';
import { type Migrating, migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { Transaction } from './transaction';

/**
 * A connection may end in the very moment in which the pool hands it over: from the pool's listener to the next nobody listens, and an error
 * that nobody listens for ends the process. What is asked of it afterwards fails by itself.
 */
class SteadyClient extends Client {
  constructor(config?: ClientConfig) {
    super(config);
    this.on('error', () => {});
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    this.query = ((...given: unknown[]) => statement(query, given)) as typeof this.query;
  }
}

/** Every noun that has a table. */
export const ENTITIES = [
  AccessRecord,
  AccessOwner,
  ApiKey,
  Arrival,
  AuditGrant,
  BrokerAssignment,
  Certifier,
  CertifierLeadTime,
  Operation,
  Product,
  OperationCertificate,
  OperationCertificateStatusFact,
  VerifiedProductLine,
  Lot,
  LotInput,
  Notice,
  NoticePolicy,
  Transfer,
  TransferDifference,
  TransferOffer,
  TransferOfferEnd,
  LotAdjustment,
  Holding,
  Shipment,
  ShipmentLeg,
  ShippedLot,
  Treatment,
  Document,
  DocumentLink,
  StoredFile,
  Upload,
  ImportCertificate,
  ImportCertificateStatusFact,
  ImportCertificateLine,
  ImportCertificateReview,
  ImportCertificateRevision,
  CustomsEntry,
  CustomsEntryChange,
  CustomsEntryLine,
  CustomsEntryLineLot,
  EmergencyActionCertificate,
  EmergencyActionNotification,
  CertifierNotice,
  Disposition,
  OperationAsked,
  OutsideEffect,
  Party,
  Webhook,
  WebhookDelivery,
];

// A date is a local calendar day: it stays the text it is, and never becomes an instant.
types.setTypeParser(types.builtins.DATE, (text) => text);

class SnakeCase extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(property: string, custom: string | undefined): string {
    return custom ?? property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}

/** Who this database is: its identity, and the keys under which cursors and demo tokens are made. */
export interface Installation {
  id: string;
  cursorKey: Buffer;
  tokenKey: Buffer;
}

export interface DatabaseOptions extends Migrating {
  poolSize?: number;
  /** Hears how long connections are waited for. */
  meters?: Pick<Meters, 'connected'>;
  /** For tests only: migrations that come after ours, as those of a later release do. */
  later?: readonly (new () => MigrationInterface)[];
}

/** A connection taken out of the pool, with TypeORM's view of it beside. */
export interface Connection {
  client: PoolClient;
  runner: QueryRunner;
  /** Gives it back; a broken one is thrown away. */
  release(broken?: Error): Promise<void>;
}

/** One pool of connections to PostgreSQL >= 15. */
export class Database {
  private constructor(
    readonly source: DataSource,
    readonly installation: Installation,
    /** Where it is; for a connection of its own. */
    readonly url: string,
    private readonly options: DatabaseOptions,
  ) {}

  /** Connections of the pool now. */
  get pool(): { size: number; idle: number; waiting: number; most: number } {
    const { totalCount, idleCount, waitingCount, options } = (this.source.driver as unknown as { master: Pool }).master;
    return { size: totalCount, idle: idleCount, waiting: waitingCount, most: options.max };
  }

  /** Connects, and brings the tables up to date. */
  static async open(url: string, options: DatabaseOptions = {}): Promise<Database> {
    const source = new DataSource({
      type: 'postgres',
      url,
      entities: ENTITIES,
      migrations: [...MIGRATIONS, ...(options.later ?? [])],
      migrationsTableName: 'migration',
      namingStrategy: new SnakeCase(),
      poolErrorHandler: () => {},
      extra: {
        Client: SteadyClient,
        max: options.poolSize ?? 10,
        connectionTimeoutMillis: 10_000,
        idleTimeoutMillis: 30_000,
        application_name: 'lotline',
        // The statements of a walk are short: compiling them costs more than it gives.
        options: '-c jit=off -c idle_in_transaction_session_timeout=60000 -c TimeZone=UTC',
      },
    });
    await source.initialize();
    try {
      const version = Number((await source.query('show server_version_num'))[0].server_version_num);
      if (version < 150_000) throw new Error(`PostgreSQL ${Math.floor(version / 10_000)} is too old: Lotline needs 15 or later`);
      await migrate(source, options);
      const [row] = await source.query('select id, cursor_key, token_key from installation');
      return new Database(source, { id: row.id, cursorKey: row.cursor_key, tokenKey: row.token_key }, url, options);
    } catch (error) {
      await source.destroy();
      throw error;
    }
  }

  /** @throws Refusal UNAVAILABLE where there is no connection to be had */
  async connect(): Promise<Connection> {
    let runner: QueryRunner | undefined;
    const begun = performance.now();
    try {
      const taken = this.source.createQueryRunner('master');
      runner = taken;
      const client = (await taken.connect()) as PoolClient;
      return {
        client,
        runner: taken,
        release: async (broken) => {
          if (broken) await (client as unknown as { end(): Promise<void> }).end().catch(() => {});
          await taken.release();
        },
      };
    } catch (error) {
      await runner?.release().catch(() => {});
      throw unavailable(error);
    } finally {
      this.options.meters?.connected((performance.now() - begun) / 1000);
    }
  }

  /** One statement outside any transaction. */
  async query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const connection = await this.connect();
    try {
      return (await connection.client.query(sql, parameters)).rows as Row[];
    } catch (error) {
      throw explain(error);
    } finally {
      await connection.release();
    }
  }

  /** Statements that are carried out together or not at all, for what is no command. */
  async within<Done>(work: (tx: Transaction) => Promise<Done>): Promise<Done> {
    const connection = await this.connect();
    let broken: Error | undefined;
    try {
      await connection.client.query('begin isolation level read committed');
      const done = await work(new Transaction(connection.client));
      await connection.client.query('commit');
      return done;
    } catch (error) {
      await connection.client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      throw explain(error);
    } finally {
      await connection.release(broken);
    }
  }

  /** Was it not closed here? */
  get isOpen(): boolean {
    return this.source.isInitialized;
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}
