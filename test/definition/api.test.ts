import { describe, expect, test } from 'vitest';
import { resolveApi } from '../../src/definition/connections/api-config.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { NOW, problemsOf, projectFolder, SHOP } from './project-folder.ts';

const HASH = '$' + '{API_CHECKOUT}';
const withApi = (api: string) => ({ 'millrace.yaml': `${SHOP['millrace.yaml']}api: ${api}\n` });
const TOKENS = `{ tokens: { checkout: { role: read, hash: "${HASH}", views: [customer_spend_30d] } }, limits: { body: 512kb } }`;

describe('api', () => {
  test('is parsed as written, with default limits', async () => {
    using project = projectFolder({ ...SHOP, ...withApi(TOKENS) });
    const { config } = await loadDefinitions(project.folder, NOW);
    expect(await resolveApi(config.api, { API_CHECKOUT: 'sha256:x' })).toEqual({
      tokens: { checkout: { role: 'read', hash: 'sha256:x', views: ['customer_spend_30d'] } },
      limits: { bodyBytes: 524_288, rows: 100_000, requestsPerSecond: 500, inboxRows: 1_000_000 },
      tls: null,
    });
    await expect(resolveApi(config.api, {})).rejects.toMatchObject({
      code: 'ENVIRONMENT_MISSING',
      message: expect.stringMatching(
        /^The variable API_CHECKOUT \(millrace.yaml:\d+\) is not set. Set it to the hash printed by "millrace api token".$/,
      ),
    });
  });

  test.each([
    ['a literal hash', TOKENS.replace(HASH, 'sha256:abc'), '`api.tokens.checkout.hash`: expected one variable'],
    [
      'an unknown view',
      TOKENS.replace('customer_spend_30d', 'customer_spend'),
      "`api.tokens.checkout.views[0]`: there is no view 'customer_spend'",
    ],
    [
      'an unknown role',
      TOKENS.replace('read', 'write'),
      '`api.tokens.checkout.role`: expected one of read, push, operate',
    ],
    [
      'a size without a unit',
      TOKENS.replace('512kb', '512'),
      '`api.limits.body`: expected a size such as 512kb or 8mb',
    ],
  ])('reports %s', async (_, api, words) => {
    expect((await problemsOf(withApi(api))).join('\n')).toContain(words);
  });
});
