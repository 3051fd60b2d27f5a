import { expect, onTestFinished, test } from 'vitest';
import { interval } from '../../../src/core/interval.ts';
import { openSource } from '../../../src/sources/index.ts';
import type { Source } from '../../../src/sources/source.ts';
import { startForwarder } from '../../support/forwarder.ts';
import { freshDatabase } from '../../support/servers.ts';
import { at } from '../../support/views.ts';
import { allRows, failureOf } from '../source-contract.ts';
import { eventsView, sourceOptions } from '../worlds.ts';

const calm = new AbortController().signal;
const EXTRACTION = {
  view: eventsView({
    query: `select 'ada' as entity_id, {{start}} as timestamp where {{start}} < {{end}}`,
    features: [],
  }),
  span: interval(at('2026-01-01'), at('2026-01-02')),
};

/** Everything that is asked of a source over a connection. */
const ASKED: Readonly<Record<string, (source: Source) => Promise<unknown>>> = {
  mustWait: async (source) => source.mustWait?.(EXTRACTION, calm),
  describe: (source) => source.describe(EXTRACTION, calm),
  read: (source) => allRows(source, EXTRACTION, calm),
};

test.each(Object.keys(ASKED))('%s fails over a frozen connection, and works over the next one', async (name) => {
  const network = await startForwarder(await freshDatabase());
  const source = openSource(sourceOptions({ url: network.url, statementTimeoutMs: 500 }));
  onTestFinished(() => source[Symbol.asyncDispose]());
  const ask = async () => ASKED[name]?.(source);
  const answer = await ask();
  network.freeze('existing');
  expect(await failureOf(ask())).toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  expect(await ask()).toEqual(answer);
});
