// docs/operations/alerts.md matches the implementation.

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { messageOf, testMessage } from '../../src/alerts/message.ts';
import { signatureOf } from '../../src/alerts/signature.ts';
import { ALERT_CONDITIONS } from '../../src/definition/alert.ts';
import { alertMessage } from '../../src/definition/reference/alert-message.ts';
import { MILLRACE_YAML, problemsOf } from '../definition/project-folder.ts';
import { SENDER } from './world.ts';

const page = readFileSync(new URL('../../docs/operations/alerts.md', import.meta.url), 'utf8');
const schema = JSON.parse(readFileSync(new URL('../../schemas/alert.schema.json', import.meta.url), 'utf8'));

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
}

describe('docs/operations/alerts.md', () => {
  test('shows valid rules', async () => {
    const yaml = `${MILLRACE_YAML}${block('yaml').replace('tag:checkout', 'tag:basket')}`;
    expect(await problemsOf({ 'millrace.yaml': yaml })).toEqual([]);
  });

  test('names every condition', () => {
    for (const condition of ALERT_CONDITIONS) expect(page).toContain(`| \`${condition}\``);
  });

  test('shows a message that matches the schema and real messages', () => {
    const shown = alertMessage.parse(JSON.parse(block('json')));
    const ajv = new Ajv({ strict: true, allowUnionTypes: true });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);
    const [named] = shown.views;
    const failed = { run: 118, error: { code: 'SOURCE_DENIED', message: '', owner: 'operator', parts: [] } };
    const facts = { lagMs: 10_815_000, freshnessMs: 7_200_000, why: 'held', ...failed } as const;
    const alert = { id: 1, view: 'customer_orders', since: named?.since ?? '', until: null, facts };
    const found = {
      status: 'firing',
      at: shown.at,
      rule: { id: '5f2c1a9e8b7d6c4f', when: 'freshness_missed' },
    } as const;
    const sent = messageOf(SENDER, found, [alert]);
    expect({ ...sent, id: shown.id }).toEqual(shown);
    for (const message of [
      shown,
      sent,
      testMessage(SENDER, shown.at),
      testMessage({ ...SENDER, dashboardUrl: null }, shown.at),
    ]) {
      expect(validate(message) ? null : validate.errors).toBeNull();
    }
    expect(validate({ ...shown, views: [{ ...named, since: 'yesterday' }] })).toBe(false);
  });

  test('shows how a signature is verified', async () => {
    const code = `data:text/javascript,${encodeURIComponent(block('js'))}`;
    const { isFromMillrace } = await import(/* @vite-ignore */ code);
    const header = signatureOf('keep it secret', '{"a":"ä"}', 1_000);
    expect([
      isFromMillrace('keep it secret', header, '{"a":"ä"}', 1_010),
      isFromMillrace('keep it secret', header, '{"a":"b"}', 1_010),
      isFromMillrace('another', header, '{"a":"ä"}', 1_010),
      isFromMillrace('keep it secret', header, '{"a":"ä"}', 1_301),
      isFromMillrace('keep it secret', undefined, '{"a":"ä"}', 1_010),
    ]).toEqual([true, false, false, false, false]);
  });
});
