// What every process is told besides its project.

export type ProcessOptions = { readonly version: string };
