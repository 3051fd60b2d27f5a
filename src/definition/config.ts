// The parsed millrace.yaml. URLs still contain ${NAME}.

import type { AlertsConfig } from './alert.ts';
import type { ApiConfig } from './connections/api-config.ts';
import type { DashboardConfig } from './connections/dashboard-config.ts';
import type { DatabaseDialect } from './query/sql-text.ts';
import type { UrlText } from './url-text.ts';

/** Limits of a source. Which of them apply depends on its kind. */
export type SourceLimits = {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a transfer may receive nothing. */
  readonly idleTimeoutMs: number;
  /** The most connections of this process to the database. */
  readonly poolMax: number;
  /** For one query over files. */
  readonly memoryLimitMb: number;
  /** For one file as stored. */
  readonly fileLimitMb: number;
  readonly fileRowsMax: number;
  /** Decompressed bytes per compressed byte of a file. */
  readonly decompressionRatioMax: number;
};

/** Header → its value as written, with its variables. */
export type HeaderTexts = Readonly<Record<string, UrlText>>;

export type SourceConfig = SourceLimits & {
  readonly url: UrlText;
  /** For HTTP: header → its value. Absent if there are none. */
  readonly headers?: HeaderTexts;
  /** As the source says. Absent if its URL does. */
  readonly dialect?: DatabaseDialect | 'any';
  /** For Postgres: how rows are read. Absent for COPY. */
  readonly readWith?: 'cursor';
  /** The source with the same tables that is read while this one is unavailable. */
  readonly fallback?: string;
};

/** The temporary folder for files of object stores, and the space that one process may use there. */
export type SpoolConfig = {
  /** As written, relative to millrace.yaml; null for the temporary folder of the machine. */
  readonly folder: string | null;
  readonly limitMb: number;
};

/** The default for `spool`. */
export const DEFAULT_SPOOL: SpoolConfig = { folder: null, limitMb: 10_240 };

export type ProjectConfig = {
  readonly offline: { readonly url: UrlText };
  readonly online: { readonly url: UrlText; readonly prefix: string; readonly rowsPerSecond?: number };
  readonly queue: { readonly url: UrlText; readonly prefix: string };
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly spool: SpoolConfig;
  /** How long closed runs and their history are kept; null keeps them forever. */
  readonly retentionMs: number | null;
  /** Absent if there are no alerts. */
  readonly alerts?: AlertsConfig;
  /** Absent if millrace.yaml has no `api`. */
  readonly api?: ApiConfig;
  /** Absent if millrace.yaml has no `dashboard`. */
  readonly dashboard?: DashboardConfig;
};
