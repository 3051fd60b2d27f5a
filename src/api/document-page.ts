// A page to read the OpenAPI document, without scripts.

import type { OpenAPIHono } from '@hono/zod-openapi';
import { html } from 'hono/html';

type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type PathItem = NonNullable<ApiDocument['paths']>[string];
type Operation = NonNullable<PathItem['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
h2 { border-top: 1px solid #8886; padding-top: 1rem } code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { overflow-x: auto; background: #8882; padding: .75rem; border-radius: .25rem }`;

/** Each operation with its parameters, its body and its responses. */
export function documentPage(document: ApiDocument) {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) => operationsOf(path, item));
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${document.info.title} API</title><style>${STYLE}</style></head><body>
<h1>${document.info.title} API ${document.info.version}</h1>
<p>${document.info.description}</p>
<p>The same as a document: <a href="openapi.json">openapi.json</a></p>
${operations.map(({ path, method, operation }) => section(path, method, operation))}
<h2>Schemas</h2>
${Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => html`<h3 id="${name}">${name}</h3>${shown(schema)}`)}
</body></html>`;
}

function operationsOf(path: string, item: PathItem) {
  return METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ path, method, operation }];
  });
}

function section(path: string, method: string, operation: Operation) {
  const { summary, description, parameters, requestBody, responses } = operation;
  return html`<h2><code>${method.toUpperCase()} ${path}</code></h2>
<p>${summary}${description === undefined ? '' : html`. ${description}`}</p>
${parameters === undefined ? '' : html`<h3>Parameters</h3>${shown(parameters)}`}
${requestBody === undefined ? '' : html`<h3>Body</h3>${shown(requestBody)}`}
<h3>Responses</h3>
<ul>${Object.entries(responses ?? {}).map(([status, answer]) => html`<li><code>${status}</code> ${answer.description}</li>`)}</ul>`;
}

function shown(value: unknown) {
  return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
}
