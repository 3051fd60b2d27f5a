// The contract: the OpenAPI document, and a page to read it. Both are public; they name no view.

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiContext, ApiEnv } from './context.ts';
import { documentPage } from './document-page.ts';

const DESCRIPTION =
  'Reads features, accepts pushed rows, and manages views. Errors are problem details (RFC 9457) with a code. Routes, members and codes under /api/v1 are only added, never changed.';

/** The document of all routes. */
export function documentOf(app: OpenAPIHono<ApiEnv>, version: string) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
  });
}

export function addDocuments(app: OpenAPIHono<ApiEnv>, { version }: ApiContext): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'A token printed by `millrace api token`.',
  });
  // Made at the first request: all routes exist by then.
  let document: ReturnType<typeof documentOf> | null = null;
  const made = () => {
    document ??= documentOf(app, version);
    return document;
  };
  app.get('/api/v1/openapi.json', (c) => c.json(made()));
  app.get('/api/v1/docs', (c) => c.html(documentPage(made())));
}
