import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

type Service = Readonly<Record<string, unknown>>;
const compose = parse(read('docker-compose.yml'), { merge: true }) as { services: Readonly<Record<string, Service>> };

describe('docker-compose.yml', () => {
  test('is a Compose file', () => {
    const schema = JSON.parse(read('test/support/image/compose-spec.schema.json')) as Record<string, unknown>; // a schema
    // It uses formats (duration, ports) that only Compose defines.
    const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);

    validate(compose);

    expect(validate.errors ?? []).toEqual([]);
  });

  test.each(Object.entries(compose.services))('gives %s no rights and no writable image', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
    });
    expect(service['privileged']).toBeUndefined();
  });

  test.each(Object.entries(compose.services))('bounds the memory and the processes of %s', (_name, service) => {
    expect(service).toMatchObject({ mem_limit: expect.stringMatching(/^[1-8]g$/), pids_limit: 256 });
  });

  test('opens only the ports of the dashboard and the API, and only to this machine', () => {
    const ports = Object.entries(compose.services).flatMap(([name, service]) =>
      service['ports'] === undefined ? [] : [[name, service['ports']]],
    );
    expect(ports).toEqual([
      ['dashboard', [expect.stringMatching(/^127\.0\.0\.1:[^:]*:-3000\}:8080$/)]],
      ['api', [expect.stringMatching(/^127\.0\.0\.1:[^:]*:-8000\}:8080$/)]],
    ]);
  });

  test('starts the dashboard only on request: without a login it would restart forever', () => {
    expect(compose.services['dashboard']).toMatchObject({
      profiles: ['dashboard'],
      command: ['dashboard', '--host', '0.0.0.0', '--port', '8080'],
    });
  });

  test('starts the API only on request: without a token it would restart forever', () => {
    expect(compose.services['api']).toMatchObject({
      profiles: ['api'],
      command: ['api', '--host', '0.0.0.0', '--port', '8080'],
    });
  });

  test('takes every password from the environment, and does not start without it', () => {
    const asked = read('docker-compose.yml').match(/\$\{MILLRACE_\w+_PASSWORD[^}]*\}/g) ?? [];

    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((variable) => !variable.endsWith(':?set it in .env}'))).toEqual([]);
  });
});

describe('Dockerfile', () => {
  test('runs as an unprivileged account, with the command that health checks and stops rely on', () => {
    const last =
      read('Dockerfile')
        .split(/^FROM /m)
        .at(-1) ?? '';

    expect(last).toMatch(/^USER 10001:10001$/m);
    expect(last).toMatch(
      /^ENTRYPOINT \["node", "--max-semi-space-size=16", "--heap-growing-percent=25", "\/app\/bin\/millrace.mjs"\]$/m,
    );
    expect(last).toMatch(/^HEALTHCHECK .*\/health\/ready"\]$/m);
  });
});
