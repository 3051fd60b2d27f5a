// Parses a service file.

import { parseDuration } from '../../core/duration.ts';
import type { ServiceFile } from '../files/service-file.ts';
import type { Service } from '../service.ts';

/** The service of a valid file. */
export function parseService({ name, description, features }: ServiceFile): Service {
  return {
    name,
    description,
    features: features.map((written) => {
      if (typeof written === 'string') return { feature: written, ageMaxMs: null };
      const { feature, default: value, age_max: ageMax } = written;
      const ageMaxMs = ageMax === undefined ? null : parseDuration(ageMax);
      return { feature, ageMaxMs, ...(value === undefined ? {} : { default: value }) };
    }),
  };
}
