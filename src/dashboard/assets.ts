// Static assets: our own files and one library, all from this server.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Hono } from 'hono';
import type { DashboardEnv } from './context.ts';

type Asset = { readonly file: URL; readonly type: string };

const ASSETS: Readonly<Record<string, Asset>> = {
  'dashboard.css': ours('dashboard.css', 'text/css; charset=utf-8'),
  'board.css': ours('board.css', 'text/css; charset=utf-8'),
  'dashboard.js': ours('dashboard.js', 'text/javascript; charset=utf-8'),
  'icon.svg': ours('icon.svg', 'image/svg+xml'),
  'idiomorph.js': {
    file: new URL(import.meta.resolve('idiomorph')),
    type: 'text/javascript; charset=utf-8',
  },
};

function ours(name: string, type: string): Asset {
  return { file: new URL(`assets/${name}`, import.meta.url), type };
}

/** The assets are public: the login page uses them. */
export function addAssets(app: Hono<DashboardEnv>): void {
  const read = new Map<string, string>();
  app.get('/assets/:file', async (c, next) => {
    const name = c.req.param('file');
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (asset === undefined) return next();
    // Cached after the first success: a file that cannot be read now may be readable later.
    const text = read.get(name) ?? (await readFile(fileURLToPath(asset.file), 'utf8'));
    read.set(name, text);
    return c.body(text, 200, { 'content-type': asset.type, 'cache-control': 'private, max-age=300' });
  });
}
