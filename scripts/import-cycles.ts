// Cycles in a graph of imports.

/** Groups of two or more nodes that reach each other. */
export function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const reached = (from: string) => {
    const seen = new Set<string>();
    const left = [...(edges.get(from) ?? [])];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      left.push(...(edges.get(node) ?? []));
    }
    return seen;
  };
  const all = new Map([...edges.keys()].map((node) => [node, reached(node)]));
  const groups = new Set<string>();
  for (const [node, others] of all) {
    if (!others.has(node)) continue;
    const group = [...others].filter((other) => all.get(other)?.has(node)).sort();
    if (group.length > 1) groups.add(group.join(' '));
  }
  return [...groups].map((group) => group.split(' '));
}
