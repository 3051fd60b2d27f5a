// Programs in Python: the examples of FStore's guide, and a client that is generated from the OpenAPI document.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { startProjectWorker } from '../../src/processes/processes.ts';
import { temporaryFolder } from '../datasets/build-world.ts';
import { view } from '../support/views.ts';
import { type ApiWorld, openApiWorld, TOKENS } from './world.ts';

const run = promisify(execFile);
const PACKAGES = ['requests', 'openapi-python-client', 'schemathesis'];
const pushed = (name: string) => view({ name, kind: 'pushed', source: '', query: null, end: null });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  await run('python3', ['-m', 'venv', join(folder.path, 'venv')]);
  await run(binary('python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES]);
  return () => folder[Symbol.asyncDispose]();
}, 600_000);

const binary = (name: string) => join(folder.path, 'venv/bin', name);

async function python(program: string, environment: Record<string, string>): Promise<unknown> {
  const { stdout } = await run(binary('python'), ['-c', program], {
    env: { ...process.env, ...environment },
    cwd: folder.path,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** The functions of the guide, with the address and an Authorization header. */
const FSTORE = `
import json, os, random, requests
from datetime import datetime
from typing import Dict, List
BASE, HEADERS = os.environ["BASE"], {"Authorization": "Bearer " + os.environ["TOKEN"]}
answers = []

def send_feature_value(feature_id: str, entity_id: str, value: float):
    url = BASE + "/api/v1/features/{}/values".format(feature_id)
    payload = {"entity_id": entity_id, "value": value, "timestamp": datetime.utcnow().isoformat()}
    response = requests.post(url, json=payload, headers=HEADERS)
    answers.append(response.status_code)
    return response.status_code == 200

def send_batch_values(features: List[Dict]):
    response = requests.post(BASE + "/api/v1/features/batch", json=features, headers=HEADERS)
    answers.append(response.status_code)
    return response.status_code == 200

def simulate_events():
    feature_configs = [
        {"feature_id": "customer_purchase_amount", "entity_ids": ["customer_1", "customer_2"], "min_value": 10.0, "max_value": 1000.0},
        {"feature_id": "product_stock_level", "entity_ids": ["product_1", "product_2"], "min_value": 0.0, "max_value": 100.0},
    ]
    for config in feature_configs:
        for entity_id in config["entity_ids"]:
            send_feature_value(config["feature_id"], entity_id, random.uniform(config["min_value"], config["max_value"]))

send_feature_value(feature_id="customer_purchase_amount", entity_id="customer_123", value=99.99)
simulate_events()
now = datetime.utcnow().isoformat()
send_batch_values([
    {"feature_id": "customer_purchase_amount", "entity_id": "customer_9", "value": 1.5, "timestamp": now},
    {"feature_id": "product_stock_level", "entity_id": "product_9", "value": 2.0, "timestamp": now},
])
send_feature_value("unknown_feature", "customer_1", 1.0)
send_feature_value("customer_purchase_amount", "", 1.0)
print(json.dumps(answers))
`;

const CLIENT = `
import json, os
from millrace_client import AuthenticatedClient
from millrace_client.api.read import read_online
from millrace_client.api.push import push_value
from millrace_client.api.operate import list_views, pause_view, resume_view
from millrace_client.models import OnlineRequest, OnlineRequestEntities, PauseRequest, PushValueBody, PushValueWait

def client(token):
    return AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ[token], raise_on_unexpected_status=True)

body = PushValueBody.from_dict({"entity_id": "generated", "value": 4.5, "timestamp": "2026-01-05T10:00:00Z"})
pushed = push_value.sync("customer_purchase_amount", client=client("PUSHER"), body=body, wait=PushValueWait.PUBLISHED)
entities = OnlineRequestEntities.from_dict({"customer": ["generated"]})
online = read_online.sync(client=client("READER"), body=OnlineRequest(features=["customer_purchase_amount"], entities=entities))
value = online.to_dict()["rows"][0]["features"]["customer_purchase_amount"]["value"]
operator = client("OPERATOR")
paused = pause_view.sync("product_stock_level", client=operator, body=PauseRequest(reason="moving"))
resumed = resume_view.sync("product_stock_level", client=operator)
names = [view.name for view in list_views.sync(client=operator).views]
print(json.dumps([pushed.to_dict()["status"], value, paused.changed, resumed.changed, names]))
`;

async function openFeatures(): Promise<ApiWorld> {
  const world = await openApiWorld();
  await world.apply(pushed('customer_purchase_amount'), pushed('product_stock_level'));
  return world;
}

describe("FStore's examples", () => {
  test('run with an Authorization header as the only addition', async () => {
    await using world = await openFeatures();
    expect(await python(FSTORE, { BASE: world.url, TOKEN: TOKENS.pusher })).toEqual([
      200, 200, 200, 200, 200, 200, 404, 400,
    ]);
    expect(await world.sql('select sum(rows)::int as rows from millrace.inbox')).toEqual([{ rows: 7 }]);
  });
});

describe('the OpenAPI document', () => {
  test('generates a Python client that reads, pushes and operates', async () => {
    await using world = await openFeatures();
    await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
    await writeDocument(world);
    const generate = [
      'generate',
      '--path',
      'openapi.json',
      '--output-path',
      'client',
      '--overwrite',
      '--config',
      'config.yaml',
    ];
    await writeFile(join(folder.path, 'config.yaml'), 'package_name_override: millrace_client\npost_hooks: []\n');
    await run(binary('openapi-python-client'), generate, { cwd: folder.path });
    const tokens = { READER: TOKENS.reader, PUSHER: TOKENS.pusher, OPERATOR: TOKENS.operator };
    const environment = { BASE: world.url, PYTHONPATH: join(folder.path, 'client'), ...tokens };
    expect(await python(CLIENT, environment)).toEqual([
      'published',
      4.5,
      true,
      true,
      ['customer_purchase_amount', 'product_stock_level'],
    ]);
  });

  test.each(['reader', 'pusher', 'operator'] as const)(
    'describes every response to a %s',
    async (token) => {
      await using world = await openApiWorld();
      // The names of the examples in the document.
      const query = `select '17' as entity_id, 1::float8 as value, {{end}} as timestamp`;
      await world.apply(token === 'pusher' ? pushed('customer_orders') : view({ name: 'customer_orders', query }));
      await using _worker = await startProjectWorker(world.app, { version: '0', concurrency: 2 });
      await writeDocument(world);
      // It ends with an error if it finds one.
      const { stdout } = await run(
        binary('st'),
        [
          ...['run', 'openapi.json', '--url', world.url, '--header', `Authorization: Bearer ${TOKENS[token]}`],
          ...[
            '--checks',
            'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance',
          ],
          ...['--phases', 'examples,fuzzing', '--max-examples', '10', '--seed', '1', '--workers', '2', '--no-color'],
        ],
        { cwd: folder.path, maxBuffer: 50_000_000 },
      ).catch((failed: { stdout?: string }) => {
        throw new Error(failed.stdout ?? String(failed));
      });
      expect(stdout).toContain('passed');
    },
    600_000,
  );
});

async function writeDocument(world: ApiWorld): Promise<void> {
  const { text } = await world.ask('/api/v1/openapi.json', { token: null });
  await writeFile(join(folder.path, 'openapi.json'), text);
}
