// Bounded maps for data that strangers can add to: the least recently used entry is evicted.

/** Sets a key as the most recently used; beyond `max` keys the least recently used is evicted. */
export function remember<Value>(map: Map<string, Value>, max: number, [key, value]: readonly [string, Value]): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
