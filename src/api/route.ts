// A function that adds routes.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext, ApiEnv } from './context.ts';

export type AddRoute = (app: OpenAPIHono<ApiEnv>, context: ApiContext) => void;
