// millrace.yaml as everything after the parser sees it: connections whose URLs still hold ${NAME}.

/** A URL as written, and where, so that a missing variable can be traced to its line. */
export type UrlText = { readonly text: string; readonly file: string; readonly line: number };

export type SourceConfig = {
  readonly url: UrlText;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly memoryLimitMb: number;
};

export type ProjectConfig = {
  readonly offline: { readonly url: UrlText };
  readonly online: { readonly url: UrlText; readonly prefix: string };
  readonly queue: { readonly url: UrlText; readonly prefix: string };
  readonly sources: Readonly<Record<string, SourceConfig>>;
};
