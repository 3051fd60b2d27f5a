// The keys of constant objects, which have no others than their type.

/** In the order of the object. For constants only: an object from elsewhere may have more keys than its type. */
export function keysOf<Constant extends object>(constant: Constant): (keyof Constant)[] {
  return Object.keys(constant) as (keyof Constant)[]; // see above
}
