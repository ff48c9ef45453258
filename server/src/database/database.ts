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
import { type Client, type ClientConfig, type Pool, type PoolConfig, types } from 'pg';
import { DataSource, DefaultNamingStrategy, type MigrationInterface, type NamingStrategyInterface } from 'typeorm';
import type { Meters } from '../telemetry';
import { CONNECTED_WITHIN_MS, type Connection, connectionOf, poolOf } from './connection';
import { Hosts } from './hosts';
import { explain } from './laws';
import { FOR_TABLES_OF_JOBS, type Migrating, migrate } from './migrate';
import { MIGRATIONS } from './migrations';
import { Replicas } from './replicas';
import { Transaction } from './transaction';

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
  /** Where standbys are that questions may be read from, as a URL that names one or several of them. */
  replicaUrl?: string | null;
  /** How far behind a replica may be whose answer is given, milliseconds. */
  replicaLagMs?: number;
  /** For tests only: migrations that come after ours, as those of a later release do. */
  later?: readonly (new () => MigrationInterface)[];
}

const REPLICA_LAG_MS = 5000;

/** A pool of connections, through which TypeORM sees the nouns. It is connected by `initialize`. */
function sourceOf(hosts: Hosts, { poolSize = 10, later = [] }: DatabaseOptions, connectedWithinMs = CONNECTED_WITHIN_MS): DataSource {
  return new DataSource({
    type: 'postgres',
    url: hosts.first,
    entities: ENTITIES,
    migrations: [...MIGRATIONS, ...later],
    migrationsTableName: 'migration',
    namingStrategy: new SnakeCase(),
    poolErrorHandler: () => {},
    extra: {
      Client: hosts.Client,
      max: poolSize,
      connectionTimeoutMillis: connectedWithinMs,
      idleTimeoutMillis: 30_000,
      application_name: 'lotline',
      // The statements of a walk are short: compiling them costs more than it gives.
      options: '-c jit=off -c idle_in_transaction_session_timeout=60000 -c TimeZone=UTC',
    },
  });
}

/** Connections to PostgreSQL >= 15: to the one server that can be written to, and to those that follow it. */
export class Database {
  private constructor(
    readonly source: DataSource,
    readonly installation: Installation,
    private readonly hosts: Hosts,
    private readonly options: DatabaseOptions,
    /** Servers that questions may be read from; null where there are none. */
    readonly replicas: Replicas | null,
  ) {}

  /** Connections of the pool now. */
  get pool(): { size: number; idle: number; waiting: number; most: number } {
    const { totalCount, idleCount, waitingCount, options } = (this.source.driver as unknown as { master: Pool }).master;
    return { size: totalCount, idle: idleCount, waiting: waitingCount, most: options.max };
  }

  /** Connects, and brings the tables up to date. */
  static async open(url: string, options: DatabaseOptions = {}): Promise<Database> {
    const hosts = new Hosts(url);
    const source = sourceOf(hosts, options);
    try {
      await source.initialize();
      const version = Number((await source.query('show server_version_num'))[0].server_version_num);
      if (version < 150_000) throw new Error(`PostgreSQL ${Math.floor(version / 10_000)} is too old: Lotline needs 15 or later`);
      const jobs = poolOf(hosts, FOR_TABLES_OF_JOBS);
      await migrate(source, jobs, options).finally(() => jobs.end());
      const [row] = await source.query('select id, cursor_key, token_key from installation');
      const installation = { id: row.id, cursorKey: row.cursor_key, tokenKey: row.token_key };
      const { replicaUrl } = options;
      const replicas = replicaUrl
        ? new Replicas(hosts, replicaUrl, {
            installation: installation.id,
            mostLagMs: options.replicaLagMs ?? REPLICA_LAG_MS,
            sourceOf: (replica, connectedWithinMs) => sourceOf(replica, options, connectedWithinMs),
          })
        : null;
      return new Database(source, installation, hosts, options, replicas);
    } catch (error) {
      hosts.close();
      if (source.isInitialized) await source.destroy();
      throw error;
    }
  }

  /** @throws Refusal UNAVAILABLE where there is no connection to be had */
  async connect(): Promise<Connection> {
    const begun = performance.now();
    try {
      return await connectionOf(this.source);
    } finally {
      this.options.meters?.connected((performance.now() - begun) / 1000);
    }
  }

  /** A connection of its own, to the server that can be written to; it is not connected yet. */
  ownClient(config: ClientConfig): Client {
    return new this.hosts.Client({ connectionTimeoutMillis: CONNECTED_WITHIN_MS, ...config, connectionString: this.hosts.first });
  }

  /** A pool of its own, likewise. */
  ownPool(config: PoolConfig): Pool {
    return poolOf(this.hosts, config);
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
    this.hosts.close();
    await this.replicas?.close();
    if (this.source.isInitialized) await this.source.destroy();
  }
}
