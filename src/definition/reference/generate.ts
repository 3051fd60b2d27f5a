// Writes schemas/*.schema.json and docs/reference/files/*.md. Run it after a change of the schemas:
//
//   node src/definition/reference/generate.ts

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { alertSchema, FILE_KINDS, jsonSchemaOf } from './json-schema.ts';
import { featureTypesPage, fileKindPage } from './reference-page.ts';

/** The generated files: path below the checkout → text. */
export function generatedFiles(): Record<string, string> {
  const schemas = FILE_KINDS.map((kind): [string, string] => [
    `schemas/${kind.schema}.schema.json`,
    `${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`,
  ]);
  const alert = `${JSON.stringify(alertSchema(), null, 2)}\n`;
  const pages = FILE_KINDS.map((kind): [string, string] => [
    `docs/reference/files/${kind.page}.md`,
    fileKindPage(kind),
  ]);
  return {
    ...Object.fromEntries([...schemas, ...pages]),
    'schemas/alert.schema.json': alert,
    'docs/reference/files/feature-types.md': featureTypesPage(),
  };
}

if (import.meta.main) {
  const checkout = path.resolve(import.meta.dirname, '../../..');
  for (const [file, text] of Object.entries(generatedFiles())) {
    await mkdir(path.dirname(path.join(checkout, file)), { recursive: true });
    await writeFile(path.join(checkout, file), text);
  }
}
