// Paths of values in a JSON document: `$.data`, `$.result.items`.

/** The keys of a path, from the outermost object. */
export function keysOfPath(path: string): readonly string[] {
  return path.split('.').slice(1);
}
