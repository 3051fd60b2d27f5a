// The problem of a request that no route takes: an unknown path, or another method than those of the path.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './context.ts';
import { Problem } from './problem.ts';

type Asked = { readonly method: string; readonly path: string };

export function noRoute({ routes }: Pick<OpenAPIHono<ApiEnv>, 'routes'>, { method, path }: Asked): Problem {
  // `ALL` is the method of the checks before a route.
  const here = routes.filter((route) => route.method !== 'ALL' && patternOf(route.path).test(path));
  const methods = [...new Set(here.map((route) => route.method))];
  if (methods.length === 0) return new Problem('ROUTE_UNKNOWN', 'There is no such route: see /api/v1/docs.');
  return new Problem(
    'METHOD_UNKNOWN',
    `This route does not support the method ${method}: use ${methods.join(' or ')}.`,
    {
      headers: { allow: methods.join(', ') },
    },
  );
}

function patternOf(path: string): RegExp {
  const steps = path.split('/').map((step) => (step.startsWith(':') ? '[^/]+' : step.replaceAll('.', '\\.')));
  return new RegExp(`^${steps.join('/')}$`);
}
