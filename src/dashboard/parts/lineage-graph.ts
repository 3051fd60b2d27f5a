// The lineage as a drawn graph: boxes in columns, with curves from left to right. SVG from the server.

import { html } from 'hono/html';
import type { Lineage, LineageNode } from '../../plan/lineage.ts';
import type { Html } from '../context.ts';

const [BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y, EDGE] = [190, 34, 70, 14, 4];
const NAME_CHARACTERS = 24;

type Placed = LineageNode & { readonly x: number; readonly y: number };

export function lineageGraph({ nodes, edges }: Lineage): Html {
  const placed = placedNodes(nodes);
  const byId = new Map(placed.map((node) => [node.id, node]));
  const width = Math.max(0, ...placed.map(({ x }) => x)) + BOX_WIDTH + 2 * EDGE;
  const height = Math.max(0, ...placed.map(({ y }) => y)) + BOX_HEIGHT + 2 * EDGE;
  const curves = edges.flatMap(([from, to]) => {
    const [start, end] = [byId.get(from), byId.get(to)];
    return start === undefined || end === undefined ? [] : [curve(start, end)];
  });
  return html`<div class="graph" role="region" aria-label="Graph" tabindex="0">
<svg width="${width}" height="${height}" viewBox="-${EDGE} -${EDGE} ${width} ${height}" role="group" aria-label="Sources, views and training sets">
<path class="edges" d="${curves.join('')}"/>
${placed.map(boxHtml)}</svg></div>`;
}

/** Each layer is a column, ordered by name. */
function placedNodes(nodes: readonly LineageNode[]): Placed[] {
  const rows = new Map<number, number>();
  return [...nodes]
    .sort((a, b) => a.layer - b.layer || (a.name < b.name ? -1 : 1))
    .map((node) => {
      const row = rows.get(node.layer) ?? 0;
      rows.set(node.layer, row + 1);
      return { ...node, x: node.layer * (BOX_WIDTH + GAP_X), y: row * (BOX_HEIGHT + GAP_Y) };
    });
}

function curve(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + BOX_HEIGHT / 2];
  const bend = GAP_X / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function boxHtml(node: Placed): Html {
  const { kind, name, x, y } = node;
  const shown = name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;
  const box = html`<rect class="box-${kind}" x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="4"/><text x="${x + 10}" y="${y + 21}">${shown}</text>`;
  if (kind !== 'view') return html`<g><title>${WORDS[kind]} ${name}</title>${box}</g>`;
  return html`<a href="/views/${name}" aria-label="view ${name}"><title>view ${name}</title>${box}</a>`;
}

const WORDS: Readonly<Record<LineageNode['kind'], string>> = {
  source: 'source',
  view: 'view',
  dataset: 'training set',
};
