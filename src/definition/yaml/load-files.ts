// Reads the files of one kind and checks each against its schema.

import type { z } from 'zod';
import { checkShape, type Shaped } from '../files/shape.ts';
import type { KeepsDigits } from './number-digits.ts';
import type { Problem } from './problem.ts';
import { readBytes } from './project-files.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/** One parsed YAML file, checked against its schema. */
export type Draft<Whole> = Shaped<Whole> & { readonly yaml: YamlFile };

export type LoadedFiles<Whole> = {
  readonly drafts: readonly Draft<Whole>[];
  /** Problems of the files' YAML and of their schema. */
  readonly problems: readonly Problem[];
  /** Whether every file could be read. If not, a name that is missing may be defined in an unread file. */
  readonly isComplete: boolean;
};

/** Reads `files`, relative to `folder`, and checks each against `schema`. `keepsDigits` is that of `readYaml`. */
export async function loadFiles<Shape extends z.ZodRawShape>(
  folder: string,
  files: readonly string[],
  schema: z.ZodObject<Shape>,
  keepsDigits?: KeepsDigits,
): Promise<LoadedFiles<z.infer<z.ZodObject<Shape>>>> {
  const drafts: Draft<z.infer<z.ZodObject<Shape>>>[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const bytes = await readBytes(folder, file);
    const reading =
      bytes instanceof Uint8Array ? readYaml(file, bytes, keepsDigits) : { yaml: null, problems: [bytes] };
    problems.push(...reading.problems);
    if (reading.yaml === null) continue;
    const shaped = checkShape(reading.yaml, schema);
    problems.push(...shaped.problems);
    drafts.push({ ...shaped, yaml: reading.yaml });
  }
  return { drafts, problems, isComplete: drafts.length === files.length };
}
