// The files of a new project: small enough to read in two minutes, and ready to run. Its days are in the past, so that all
// of them are due at the first run.

/** Path → text, for a project of this name. `schemas` is a folder relative to the project, or a URL. */
export function projectFiles(project: string, schemas: string): Readonly<Record<string, string>> {
  const from = (folder: './' | '../') => (schemas.startsWith('file:') ? schemas : `${folder}${schemas}`);
  return {
    'millrace.yaml': CONFIG.replace('SCHEMAS', from('./')).replace('PROJECT', project),
    'features/customer_spend.yaml': VIEW.replace('SCHEMAS', from('../')),
    'tests/customer_spend.yaml': TEST.replace('SCHEMAS', from('../')),
    'jobs/nightly.yaml': JOB.replace('SCHEMAS', from('../')),
    '.env.example': ENVIRONMENT,
    ...Object.fromEntries(PURCHASES.map(([day, lines]) => [`lake/purchases/${day}.csv`, csvOf(day, lines)])),
  };
}

/** What does not belong in git. */
export const IGNORED = ['node_modules/', '.env', '.millrace/'];

const CONFIG = `# yaml-language-server: $schema=SCHEMAS/millrace.schema.json
project: PROJECT

# URLs come from the environment, or from a .env file next to this one. \`millrace dev --local\` starts its own servers.
offline: { url: "\${MILLRACE_OFFLINE_URL}" }   # Postgres 15 or newer: the offline store and all state
online:  { url: "\${MILLRACE_ONLINE_URL}" }    # Redis: the newest row of each entity
queue:   { url: "\${MILLRACE_QUEUE_URL}" }     # Redis with maxmemory-policy noeviction; may be the same server

retention: 90d                                # delete closed runs and their history after this; by default, never

sources:
  lake: { url: "file:./lake" }
  # shop: { url: "\${SHOP_DATABASE_URL}", dialect: postgres }   # your Postgres
`;

const VIEW = `# yaml-language-server: $schema=SCHEMAS/view.schema.json
name: customer_spend
description: Money a customer spent in one day
entity: customer
source: lake
kind: snapshot          # one evaluation per interval, as of {{end}}
interval: 1d
start: 2026-01-01
end: 2026-01-08         # the example files end here; without an end, the view runs forever
files: purchases/{yyyy}-{MM}-{dd}.csv
types: { amount: decimal }   # other columns are text; nothing is guessed
type: decimal
query: |
  select customer as entity_id, sum(amount) as value, {{end}} as timestamp
    from files
   group by customer
`;

const TEST = `# yaml-language-server: $schema=SCHEMAS/test.schema.json
# Run it with: millrace test
view: customer_spend
given:
  files:                # the table of the query
    - { customer: ada, purchased_at: 2026-01-02T10:00:00Z, amount: 12.50 }
    - { customer: ada, purchased_at: 2026-01-02T17:20:00Z, amount: 8 }
    - { customer: bob, purchased_at: 2026-01-02T11:40:00Z, amount: 3.20 }
span: [2026-01-02, 2026-01-03]
expect:
  rows:
    - { entity_id: ada, timestamp: 2026-01-03T00:00Z, customer_spend: 20.50 }
    - { entity_id: bob, timestamp: 2026-01-03T00:00Z, customer_spend: 3.20 }
`;

const JOB = `# yaml-language-server: $schema=SCHEMAS/job.schema.json
name: nightly
cron: "15 3 * * *"      # when to run what is due
timezone: UTC
views: [customer_spend]
`;

const ENVIRONMENT = `# Copy this to .env and fill it in. Environment variables take precedence.
MILLRACE_OFFLINE_URL=postgres://millrace:PASSWORD@127.0.0.1:5432/millrace
MILLRACE_ONLINE_URL=redis://127.0.0.1:6379/0
MILLRACE_QUEUE_URL=redis://127.0.0.1:6379/0
`;

type Purchase = readonly [customer: string, time: string, amount: string];

const PURCHASES: readonly (readonly [day: string, lines: readonly Purchase[]])[] = [
  [
    '2026-01-01',
    [
      ['ada', '10:02:11', '12.50'],
      ['bob', '11:40:03', '3.20'],
      ['ada', '17:21:54', '8.00'],
    ],
  ],
  [
    '2026-01-02',
    [
      ['cleo', '09:15:30', '99.90'],
      ['bob', '12:00:00', '7.35'],
    ],
  ],
  [
    '2026-01-03',
    [
      ['ada', '08:30:00', '4.10'],
      ['dan', '14:45:12', '25.00'],
      ['dan', '14:46:40', '25.00'],
    ],
  ],
  ['2026-01-04', [['bob', '10:10:10', '1.05']]],
  [
    '2026-01-05',
    [
      ['cleo', '16:20:09', '18.75'],
      ['ada', '19:05:33', '60.00'],
    ],
  ],
  [
    '2026-01-06',
    [
      ['eve', '07:59:59', '5.55'],
      ['bob', '13:13:13', '13.13'],
    ],
  ],
  [
    '2026-01-07',
    [
      ['ada', '11:11:11', '30.25'],
      ['eve', '12:34:56', '2.45'],
      ['ada', '20:00:00', '9.75'],
    ],
  ],
];

function csvOf(day: string, purchases: readonly Purchase[]): string {
  const lines = purchases.map(([customer, time, amount]) => `${customer},${day}T${time}Z,${amount}\n`);
  return `customer,purchased_at,amount\n${lines.join('')}`;
}
