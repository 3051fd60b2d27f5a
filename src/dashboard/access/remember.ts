// Maps that strangers can fill: each has a bound, and what was used longest ago makes room.

/** Sets a key as the one that was used last; beyond `max` keys the one that was used longest ago goes. */
export function remember<Value>(map: Map<string, Value>, max: number, [key, value]: readonly [string, Value]): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
