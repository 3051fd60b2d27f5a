// The JSON Schemas of the kinds of files, for editors: made from the schemas that the loader uses.

import { z } from 'zod';
import { configFile } from '../files/config-file.ts';
import { datasetFile } from '../files/dataset-file.ts';
import { jobFile } from '../files/job-file.ts';
import { serviceFile } from '../files/service-file.ts';
import { viewFile } from '../files/view-file.ts';
import { viewTestFile } from '../files/view-test-file.ts';
import { alertMessage } from './alert-message.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

export type FileKind = {
  /** The schema is written to `schemas/{schema}.schema.json`. */
  readonly schema: 'millrace' | 'view' | 'job' | 'dataset' | 'service' | 'test';
  /** Its page is docs/reference/files/{page}.md. */
  readonly page: string;
  readonly files: string;
  readonly title: string;
  readonly zod: z.ZodObject;
};

export const FILE_KINDS: readonly FileKind[] = [
  {
    schema: 'millrace',
    page: 'millrace-yaml',
    files: 'millrace.yaml',
    title: 'A Millrace project defines stores and sources',
    zod: configFile,
  },
  {
    schema: 'view',
    page: 'feature-views',
    files: 'features/**/*.yaml',
    title: 'A feature view defines what is materialized',
    zod: viewFile,
  },
  {
    schema: 'job',
    page: 'jobs',
    files: 'jobs/*.yaml',
    title: 'A job defines when its views are checked',
    zod: jobFile,
  },
  {
    schema: 'dataset',
    page: 'training-sets',
    files: 'datasets/*.yaml',
    title: 'A training set joins labels with the features that were known at the time of each label',
    zod: datasetFile,
  },
  {
    schema: 'service',
    page: 'feature-services',
    files: 'services/*.yaml',
    title: 'A feature service lists features that programs read together',
    zod: serviceFile,
  },
  {
    schema: 'test',
    page: 'view-tests',
    files: 'tests/**/*.yaml',
    title: 'A test runs a view on given rows and checks the result',
    zod: viewTestFile,
  },
];

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** The schema of what is posted to webhooks. Receivers do well to let keys pass that they do not know. */
export function alertSchema(): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(alertMessage, { target: 'draft-7' });
  return { $schema: DRAFT, title: 'An alert, as posted to a webhook', ...rest };
}

/** The schema of one kind of file, in draft 7, which every editor knows. */
export function jsonSchemaOf(kind: FileKind): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(kind.zod, { target: 'draft-7', io: 'input' });
  return { $schema: DRAFT, title: kind.title, ...rest };
}
