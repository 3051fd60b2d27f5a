// Reads the files of one kind and checks each against its schema.

import type { z } from 'zod';
import { checkShape, type Shaped } from '../files/shape.ts';
import type { Problem } from './problem.ts';
import { readBytes } from './project-files.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/** One file that is YAML, and what its schema says about it. */
export type Draft<Whole> = Shaped<Whole> & { readonly yaml: YamlFile };

export type LoadedFiles<Whole> = {
  readonly drafts: readonly Draft<Whole>[];
  /** Of the files that are no YAML, and of the shape of those that are. */
  readonly problems: readonly Problem[];
  /** Whether every file could be read, so that what is absent is absent. */
  readonly isComplete: boolean;
};

/** Reads `files`, relative to `folder`, as `schema` says. */
export async function loadFiles<Shape extends z.ZodRawShape>(
  folder: string,
  files: readonly string[],
  schema: z.ZodObject<Shape>,
): Promise<LoadedFiles<z.infer<z.ZodObject<Shape>>>> {
  const drafts: Draft<z.infer<z.ZodObject<Shape>>>[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const bytes = await readBytes(folder, file);
    const reading = bytes instanceof Uint8Array ? readYaml(file, bytes) : { yaml: null, problems: [bytes] };
    problems.push(...reading.problems);
    if (reading.yaml === null) continue;
    const shaped = checkShape(reading.yaml, schema);
    problems.push(...shaped.problems);
    drafts.push({ ...shaped, yaml: reading.yaml });
  }
  return { drafts, problems, isComplete: drafts.length === files.length };
}
