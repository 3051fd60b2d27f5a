// millrace.yaml as everything after the parser sees it: connections whose URLs still hold ${NAME}.

import type { AlertsConfig } from './alert.ts';
import type { DashboardConfig } from './connections/dashboard-config.ts';
import type { UrlText } from './url-text.ts';

/** What one connection to a source may take. Which of them apply is a matter of its kind. */
export type SourceLimits = {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a transfer may go without a byte. */
  readonly idleTimeoutMs: number;
  /** Connections of this process to one database at once. */
  readonly poolMax: number;
  /** Of an engine inside this process, for one reading. */
  readonly memoryLimitMb: number;
  /** Of one file as it is stored. */
  readonly fileLimitMb: number;
  readonly fileRowsMax: number;
  /** Bytes that come out of a compressed file for each that is in it. */
  readonly decompressionRatioMax: number;
};

export type SourceConfig = SourceLimits & { readonly url: UrlText };

/** Where files of object stores are kept while they are read, and how much room they get in one process. */
export type SpoolConfig = {
  /** As written, from the folder of millrace.yaml; null for the temporary folder of the machine. */
  readonly folder: string | null;
  readonly limitMb: number;
};

/** What holds where millrace.yaml says nothing. */
export const DEFAULT_SPOOL: SpoolConfig = { folder: null, limitMb: 10_240 };

export type ProjectConfig = {
  readonly offline: { readonly url: UrlText };
  readonly online: { readonly url: UrlText; readonly prefix: string };
  readonly queue: { readonly url: UrlText; readonly prefix: string };
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly spool: SpoolConfig;
  /** How long closed runs and their history are kept; null keeps them forever. */
  readonly retentionMs: number | null;
  /** Absent where nobody is told anything. */
  readonly alerts?: AlertsConfig;
  /** Absent where millrace.yaml says nothing about it. */
  readonly dashboard?: DashboardConfig;
};
