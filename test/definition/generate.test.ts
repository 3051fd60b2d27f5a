import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from '../../src/definition/reference/generate.ts';
import { FILE_KINDS, type FileKind, jsonSchemaOf } from '../../src/definition/reference/json-schema.ts';
import { MILLRACE_YAML, NIGHTLY_YAML, SPEND_YAML, viewText } from './project-folder.ts';

const checkout = path.resolve(import.meta.dirname, '../..');

function validator(schema: FileKind['schema']) {
  const kind = FILE_KINDS.find((one) => one.schema === schema);
  if (kind === undefined) throw new Error(`no kind ${schema}`);
  const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(jsonSchemaOf(kind));
  return (text: string): boolean => validate(parse(text));
}

describe('generatedFiles', () => {
  test.each(Object.entries(generatedFiles()))(
    '%s is up to date (else: node src/definition/reference/generate.ts)',
    (file, text) => {
      expect(readFileSync(path.join(checkout, file), 'utf8')).toBe(text);
    },
  );
});

describe('jsonSchemaOf', () => {
  test('is a strict schema that accepts valid files and refuses invalid ones', () => {
    const [project, view, job] = [validator('millrace'), validator('view'), validator('job')];

    expect([
      project(MILLRACE_YAML),
      view(SPEND_YAML),
      view(viewText({ refused_max: '0.5', ttl: '3d' })),
      job(NIGHTLY_YAML),
    ]).toEqual([true, true, true, true]);
    expect([
      project(`${MILLRACE_YAML}extra: 1\n`),
      view(viewText({ kind: 'event' })),
      view(viewText({ type: 'vector(x)' })),
      view(viewText({ ttl: '3 days' })),
      view(viewText({ sorce: 'shop' })),
      job(NIGHTLY_YAML.replace('cron', 'schedule')),
    ]).toEqual([false, false, false, false, false, false]);
  });

  test('describes every key', () => {
    for (const kind of FILE_KINDS) {
      const undescribed = Object.entries(jsonSchemaOf(kind).properties ?? {}).filter(
        ([, field]) => typeof field === 'boolean' || !field.description,
      );
      expect(undescribed).toEqual([]);
    }
  });
});
