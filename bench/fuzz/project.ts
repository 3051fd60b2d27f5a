// Definitions that the sample project does not have, for the fuzz bench: sources of every kind, alerts, training sets,
// services, and views of the other kinds.

const CONFIG = `
  engine: { url: "https://engine.example.com/api?tenant=7", bearer: "\${ENGINE_TOKEN}", headers: { x-team: risk } }
  cache: { url: "rediss://reader@cache.example.com:6379/1?family=0" }
  click: { url: "clickhouse://reader@click.example.com/default?tls=true", dialect: clickhouse }
  events: { url: "mysql://reader@events.example.com/shop?sslmode=verify-full" }
  bucket: { url: "s3://bucket/shop?region=eu-central-1" }
alerts:
  to:
    pager: { url: "\${PAGER}", secret: "\${PAGER_SECRET}" }
    team: { email: [data@example.org], from: millrace@example.org, smtp: "\${SMTP}" }
  rules:
    - { when: run_failed, times: 3, to: [pager], views: ["customer_orders"] }
    - { when: refused_share, above: 2%, to: [team] }
`;

const PAGES = `name: risk_score
entity: user
source: engine
kind: events
interval: 1d
start: 2026-09-01
type: float
path: /v1/users?since={{start}}
parameters: { to: "{{end}}" }
pages: { next: "$.next_cursor", parameter: cursor, max: 10000 }
records: "$.data"
types: { updated_at: timestamp, score: float }
columns: { entity_id: id, timestamp: updated_at, value: score }
`;

const KEYS = `name: user_profile
entity: user
source: cache
kind: latest
keys: "user:{entity_id}"
columns: { timestamp: updated_at, kyc_level: kyc, is_vip: vip }
features:
  - { name: kyc_level, type: int, nullable: true }
  - { name: is_vip, type: bool, nullable: true }
`;

const PARTS = `name: user_spend
entity: user
source: click
kind: snapshot
interval: 1h
start: 2026-09-01
lookback: 3
incremental: true
from:
  table: user_events
  entity_id: user_id
  timestamp: event_time
features:
  - { name: spend, type: decimal, aggregate: sum, column: amount, window: [24h, 30d] }
  - { name: logins_30d, type: int, aggregate: count, window: 30d, where: { event_type: login } }
`;

const EXPORTED = `name: exported
entity: user
source: bucket
kind: snapshot
interval: 1d
start: 2026-09-01
complete: true
files: "sales/{yyyy}-{MM}-{dd}-[0-9].{csv,txt}.zip"
format: csv
encoding: windows-1252
delimiter: ";"
decimal_mark: ","
thousands: "."
skip_lines: 2
footer_lines: 1
types: { amount: decimal }
type: decimal
checks:
  - { row: "exported >= 0" }
  - { drift: exported, on_failure: warn }
query: select id as entity_id, amount as value, {{end}} as timestamp from files
`;

const PUSHED = `name: pushed_score
entity: [user, device]
kind: pushed
ttl: 7d
type: vector(3)
`;

const DATASET = `name: churn
labels:
  source: shop
  query: |
    select customer_id as entity_id, left_at as timestamp, churned
      from churn where left_at >= {{start}} and left_at < {{end}}
start: 2026-09-01
end: 2026-11-01
views:
  - customer_orders
  - { view: customer_spend_30d, as: spend, age_max: 7d }
delay: 10m
`;

const SERVICE = `name: checkout
features: [customer_orders, "customer_spend_30d", "pushed_score"]
`;

/** File → text. The sources and alerts are added to millrace.yaml, which ends with its sources. */
export const MORE: Readonly<Record<string, string>> = {
  'features/risk_score.yaml': PAGES,
  'features/user_profile.yaml': KEYS,
  'features/user_spend.yaml': PARTS,
  'features/exported.yaml': EXPORTED,
  'features/pushed_score.yaml': PUSHED,
  'datasets/churn.yaml': DATASET,
  'services/checkout.yaml': SERVICE,
};
export const MORE_CONFIG = CONFIG.slice(1);
