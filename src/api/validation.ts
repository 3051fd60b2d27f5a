// What is wrong with a request, as a problem that names each field.

import type { Hook } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { ApiEnv } from './context.ts';
import { requestIssue } from './issue.ts';
import { bytesOf, mediaOf } from './memory/body.ts';
import { Problem } from './problem.ts';
import { textOf } from './push/body.ts';
import type { z } from './schemas.ts';

const ISSUES_SHOWN = 10;

/** Refuses a request that does not match the schema of its route. */
// biome-ignore lint/suspicious/noExplicitAny: the library asks for a hook of any route
export const onInvalid: Hook<any, ApiEnv, any, any> = (result) => {
  if (result.success) return;
  // The library passes the input too, but its type does not say so.
  const { data: input } = result as { readonly data?: unknown };
  const issues = result.error.issues.slice(0, ISSUES_SHOWN).map((issue: z.core.$ZodIssue) => {
    const { path, message } = requestIssue(issue, input);
    return {
      at: [result.target === 'json' ? 'body' : result.target, ...path.map(String)].join('.').slice(0, 200),
      message: message.slice(0, 500),
    };
  });
  const [first] = issues;
  throw new Problem('REQUEST_INVALID', `The request is not valid: ${first?.at}: ${first?.message}`, {
    facts: { issues },
  });
};

/** Refuses a JSON body that is not UTF-8: its schema would get U+FFFD for the wrong bytes, and so the id of another entity. */
export const inUtf8: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (isJson(c)) await bodyText(c);
  return next();
};

/** As `inUtf8`. An empty body needs no media type: many clients send one with every request. */
export const emptyAsNoBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const isDeclared = c.req.header('content-type') !== undefined;
  if (isDeclared && (await (isJson(c) ? bodyText(c) : c.req.text())) === '') c.req.raw.headers.delete('content-type');
  return next();
};

function isJson(c: Context<ApiEnv>): boolean {
  return mediaOf(c).endsWith('json');
}

/** The body, which the library also reads from there. @throws Problem REQUEST_INVALID */
async function bodyText(c: Context<ApiEnv>): Promise<string> {
  const text = textOf(await bytesOf(c));
  // The library keeps promises, although its type says otherwise.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
  return text;
}
