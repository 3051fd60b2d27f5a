// A URL of millrace.yaml with variables that are not resolved yet, and its position.

/** A URL as written, with its position for messages about missing variables. */
export type UrlText = { readonly text: string; readonly file: string; readonly line: number };
