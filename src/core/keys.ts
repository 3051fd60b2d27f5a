// Keys of constant objects, which have no others than their type, and records made from names.

/** In the order of the object. For constants only: an object from elsewhere may have more keys than its type. */
export function keysOf<Constant extends object>(constant: Constant): (keyof Constant)[] {
  return Object.keys(constant) as (keyof Constant)[]; // see above
}

/** A record with a value for each name. */
export function recordOf<Name extends PropertyKey, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>; // each of them
}
