// Projects on disk, for tests: a valid one, and changes to it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { epochMsOf } from '../../src/core/instant.ts';
import { checkDefinitions } from '../../src/definition/load.ts';
import { formatProblem } from '../../src/definition/yaml/problem.ts';

export const NOW = epochMsOf(Date.UTC(2026, 10, 20, 18));

export const MILLRACE_YAML = `project: shop
offline: { url: "\${MILLRACE_OFFLINE_URL}" }
online:  { url: "\${MILLRACE_ONLINE_URL}", prefix: mr }
queue:   { url: "\${MILLRACE_QUEUE_URL}" }
sources:
  shop: { url: "\${SHOP_DATABASE_URL}" }
  lake: { url: "file:./lake" }
`;

export const SPEND_YAML = `name: customer_spend_30d
description: Money spent over the last 30 days
entity: customer
tags: [basket]
source: shop                 # a connection in millrace.yaml
kind: snapshot
interval: 1d
start: 2026-09-01
type: decimal
query: |
  select customer_id as entity_id, sum(amount) as value, {{end}} as timestamp
    from orders where ordered_at < {{end}}
   group by customer_id
`;

export const NIGHTLY_YAML = `name: nightly
cron: "15 3 * * *"
views: [customer_spend_30d, "tag:basket"]
`;

export const SHOP: Readonly<Record<string, string>> = {
  'millrace.yaml': MILLRACE_YAML,
  'features/spend.yaml': SPEND_YAML,
  'jobs/nightly.yaml': NIGHTLY_YAML,
};

export type ProjectFolder = Disposable & { readonly folder: string };

/** A new folder with these files, removed on disposal. */
export function projectFolder(files: Readonly<Record<string, string | Uint8Array>>): ProjectFolder {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-definition-'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** All problems of the shop with some files changed or added, formatted. */
export async function problemsOf(changes: Readonly<Record<string, string | Uint8Array>>): Promise<string[]> {
  using project = projectFolder({ ...SHOP, ...changes });
  const { problems } = await checkDefinitions(project.folder, NOW);
  return problems.map(formatProblem);
}

/** A view of the shop as YAML: the keys of the valid one with changes; null removes a key. */
export function viewText(keys: Readonly<Record<string, string | null>>): string {
  const written: Record<string, string | null> = {
    name: 'spend',
    entity: 'customer',
    source: 'shop',
    kind: 'snapshot',
    interval: '1d',
    start: '2026-09-01',
    type: 'decimal',
    query: 'select {{end}}',
    ...keys,
  };
  const lines = Object.entries(written).flatMap(([key, text]) => (text === null ? [] : [`${key}: ${text}`]));
  return `${lines.join('\n')}\n`;
}
