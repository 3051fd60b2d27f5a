// services/*.yaml as written.

import { z } from 'zod';
import { duration, list, map, name, text } from './field.ts';

const FEATURE = 'a feature such as customer_orders:order_amount, or the name of a view';

const feature = () =>
  z
    .string({ error: () => FEATURE })
    .regex(/^[a-z][a-z0-9_]{0,47}(?::[a-z][a-z0-9_]{0,47})?$/, { error: () => FEATURE })
    .meta({ title: 'feature' });

const serviceFeature = map({
  feature: feature().describe('The feature: `view:feature`, or the name of a view for all of its features.'),
  default: z
    .union([z.string(), z.number(), z.boolean()], { error: () => 'a string, a number, true or false' })
    .optional()
    .meta({ title: 'value' })
    .describe('The value to return, marked as a default, if there is no value or the online store is not responding.'),
  age_max: duration()
    .optional()
    .describe(
      'The maximum age of a value. Older values are treated as expired. Default: no limit other than the `ttl` of the view.',
    ),
});

const EITHER = 'the name of a feature, or a map with `feature`';

export const serviceFile = map({
  name: name().describe('The name of the service. Programs send it to the API.'),
  description: text().default('').describe('What the service is for.'),
  features: list(
    z.union([feature(), serviceFeature], { error: () => EITHER }).meta({ title: 'feature or map' }),
    'list of features',
    { min: 1, max: 500 },
  ).describe('The features that are read together.'),
});

export type ServiceFile = z.infer<typeof serviceFile>;
export type ServiceFeatureFile = Exclude<ServiceFile['features'][number], string>;
