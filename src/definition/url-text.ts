// A URL of millrace.yaml whose variables are not filled in yet, and where it stands.

/** A URL as written, and where, so that a missing variable can be traced to its line. */
export type UrlText = { readonly text: string; readonly file: string; readonly line: number };
