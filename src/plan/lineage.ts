// Where features come from and go to: sources, views and training sets in layers, so that every edge points to the right.

export type LineageNode = {
  readonly id: string;
  readonly kind: 'source' | 'view' | 'dataset';
  readonly name: string;
  /** 0 is leftmost. */
  readonly layer: number;
};

/** From the id of a node to the id of one that is made of it. */
export type LineageEdge = readonly [from: string, to: string];

export type Lineage = { readonly nodes: readonly LineageNode[]; readonly edges: readonly LineageEdge[] };

/** `source` is empty for a pushed view. */
export type LineageView = { readonly name: string; readonly source: string; readonly after: readonly string[] };
export type LineageDataset = { readonly name: string; readonly views: readonly string[] };

/** `after` has no cycle: definitions with one are refused. Names without a view are left out. */
export function lineageOf(views: readonly LineageView[], datasets: readonly LineageDataset[]): Lineage {
  const layers = new Map<string, number>();
  const known = new Map(views.map((view) => [view.name, view]));
  const layerOf = (view: LineageView): number => {
    const found = layers.get(view.name);
    if (found !== undefined) return found;
    layers.set(view.name, 1); // ends the recursion if deployed definitions have a cycle after all
    const earlier = view.after.flatMap((name) => known.get(name) ?? []);
    const layer = 1 + Math.max(0, ...earlier.map(layerOf));
    layers.set(view.name, layer);
    return layer;
  };
  const read = views.filter(({ source }) => source !== '');
  const sources = [...new Set(read.map(({ source }) => source))].sort();
  const shown = views.map((view) => nodeOf('view', view.name, layerOf(view)));
  const last = 1 + Math.max(0, ...shown.map(({ layer }) => layer));
  return {
    nodes: [
      ...sources.map((name) => nodeOf('source', name, 0)),
      ...shown,
      ...datasets.map(({ name }) => nodeOf('dataset', name, last)),
    ],
    edges: [
      ...read.map(({ name, source }): LineageEdge => [`source:${source}`, `view:${name}`]),
      ...views.flatMap(({ name, after }) =>
        after.filter((one) => known.has(one)).map((one): LineageEdge => [`view:${one}`, `view:${name}`]),
      ),
      ...datasets.flatMap(({ name, views: joined }) =>
        joined.filter((one) => known.has(one)).map((one): LineageEdge => [`view:${one}`, `dataset:${name}`]),
      ),
    ],
  };
}

function nodeOf(kind: LineageNode['kind'], name: string, layer: number): LineageNode {
  return { id: `${kind}:${name}`, kind, name, layer };
}

/** The part of a graph that a node is made of or goes into. */
export function aroundNode({ nodes, edges }: Lineage, id: string): Lineage {
  const kept = new Set([
    ...reached(edges, id),
    ...reached(
      edges.map(([from, to]) => [to, from] as const),
      id,
    ),
  ]);
  return {
    nodes: nodes.filter((node) => kept.has(node.id)),
    edges: edges.filter(([from, to]) => kept.has(from) && kept.has(to)),
  };
}

function reached(edges: readonly LineageEdge[], id: string): Set<string> {
  const found = new Set([id]);
  // A set may grow while it is iterated.
  for (const one of found) for (const [from, to] of edges) if (from === one) found.add(to);
  return found;
}
