// What is compared: several ways to bring the table `big` of one database into Postgres and Redis.

/** One table of a source: an entity, a time and one value per feature in each row. */
export type CompareCase = { readonly rows: number; readonly features: number };

export type CompareServers = { readonly postgres: string; readonly redis: string };

export type Rival = AsyncDisposable & {
  readonly name: string;
  /** The process that does the work; null if this one does, or processes that it starts. */
  readonly pid: number | null;
  /** Brings both stores to what the source says. Returns the CPU seconds of processes that it started and that ended. */
  load(): Promise<number>;
};

/** Opens a rival with its own empty stores. */
export type OpenRival = (servers: CompareServers, compared: CompareCase) => Promise<Rival>;

export const SNAPSHOT_AT = '2026-01-02T00:00:00Z';

/** `f1, f2, …` */
export function featureColumns({ features }: CompareCase): string[] {
  return Array.from({ length: features }, (_, index) => `f${index + 1}`);
}
