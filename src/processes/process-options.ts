// The options of every process.

export type ProcessOptions = { readonly version: string };
