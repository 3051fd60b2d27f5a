// Authentication: the caller of a request, by its token. Without tokens, every caller on this machine can read.

import { Failure } from '../../core/failure.ts';
import { isLoopback } from '../../dashboard/access/origin.ts';
import type { ApiAccess, ApiRole } from '../../definition/connections/api-config.ts';
import type { Caller } from '../context.ts';
import { Problem } from '../problem.ts';
import { hashOfToken, isToken, isTokenHash } from './token.ts';

/** The caller of an Authorization header, or null without one. @throws Problem TOKEN_REQUIRED or TOKEN_UNKNOWN */
export type CallerOf = (authorization: string | undefined) => Caller;

const LOCAL_READER: Caller = { name: null, role: 'read', scope: null, mayUse: () => true };

/** @throws Failure ARGUMENT_INVALID if others could reach the API without a token, or ENVIRONMENT_MISSING. */
export function openCallers({ tokens }: Pick<ApiAccess, 'tokens'>, host: string): CallerOf {
  const named = Object.entries(tokens);
  if (named.length === 0) {
    requireLoopback(host);
    return () => LOCAL_READER;
  }
  // By hash: looking a hash up reveals nothing about a token that has another one.
  const callers = new Map<string, Caller>();
  for (const [name, { hash, role, views }] of named) {
    const known = hash.trim();
    if (!isTokenHash(known)) throw wrongHash(name);
    const other = callers.get(known)?.name;
    if (other !== undefined) throw sameHash(name, String(other));
    callers.set(known, { name, role, scope: views, mayUse: scopeOf(views) });
  }
  return (authorization) => {
    if (authorization === undefined)
      throw unauthorized('TOKEN_REQUIRED', 'This API requires a token: send the header "Authorization: Bearer …".');
    const token = /^bearer +(\S{1,200}) *$/i.exec(authorization)?.[1] ?? '';
    const caller = isToken(token) ? callers.get(hashOfToken(token)) : undefined;
    if (caller === undefined)
      throw unauthorized('TOKEN_UNKNOWN', 'Unknown token: check the token, and api.tokens in millrace.yaml.');
    return caller;
  };
}

/** `operate` can also read, to follow what it started. */
const ALLOWS: Readonly<Record<ApiRole, readonly ApiRole[]>> = {
  read: ['read'],
  push: ['push'],
  operate: ['operate', 'read'],
};

/** @throws Problem ROLE_MISSING */
export function requireRole({ role, name }: Caller, wanted: ApiRole): void {
  if (ALLOWS[role].includes(wanted)) return;
  const detail =
    name === null
      ? `This API has no tokens and is read-only: add a token with the role ${wanted} to api.tokens in millrace.yaml.`
      : `This request requires the role ${wanted}, but the token ${name} has the role ${role}.`;
  throw new Problem('ROLE_MISSING', detail);
}

/** @throws Problem VIEW_FORBIDDEN */
export function requireScope(caller: Caller, view: Parameters<Caller['mayUse']>[0]): void {
  if (caller.mayUse(view)) return;
  throw new Problem(
    'VIEW_FORBIDDEN',
    `The token ${caller.name} has no access to the view ${view.name}: add the view to the token's views in millrace.yaml.`,
  );
}

function scopeOf(views: readonly string[] | null): Caller['mayUse'] {
  if (views === null) return () => true;
  const words = new Set(views);
  return ({ name, tags }) => words.has(name) || tags.some((tag) => words.has(`tag:${tag}`));
}

function unauthorized(code: 'TOKEN_REQUIRED' | 'TOKEN_UNKNOWN', detail: string): Problem {
  return new Problem(code, detail, { headers: { 'www-authenticate': 'Bearer realm="Millrace"' } });
}

function requireLoopback(host: string): void {
  if (isLoopback(host)) return;
  throw new Failure(
    'ARGUMENT_INVALID',
    `The API has no tokens, and ${host} can be reached from other machines: add api.tokens to millrace.yaml, or listen on 127.0.0.1.`,
    { host },
  );
}

function wrongHash(name: string): Failure {
  return new Failure(
    'ENVIRONMENT_MISSING',
    `The environment variable for the token ${name} does not contain a token hash: set it to the hash printed by "millrace api token".`,
    { token: name },
  );
}

function sameHash(name: string, other: string): Failure {
  return new Failure(
    'ENVIRONMENT_MISSING',
    `The tokens ${other} and ${name} have the same hash: create a token for each of them with "millrace api token".`,
    { token: name },
  );
}
