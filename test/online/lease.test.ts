import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type PublisherOptions, withPublishLease } from '../../src/online/lease.ts';
import { releasePublishLease } from '../../src/state/publishing/publishing.ts';
import { openOnlineWorld } from './world.ts';

const PAUSE_MS = 50;

describe('withPublishLease', () => {
  test('leaves the view free for other processes after eight publishes in a row', async () => {
    await using world = await openOnlineWorld();
    const happened: string[] = [];
    const clock = {
      ...systemClock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (ms !== PAUSE_MS) return systemClock.sleep(ms, signal);
        happened.push('pause');
      },
    };
    const options: PublisherOptions = { ...world.publisher, online: { ...world.online, clock } };
    const publish = () =>
      withPublishLease(options, async (lease) => {
        happened.push('publish');
        await releasePublishLease(world.database, lease);
      });
    await Promise.all(Array.from({ length: 17 }, publish));
    const eight = Array.from({ length: 8 }, () => 'publish');
    expect(happened).toEqual([...eight, 'pause', ...eight, 'pause', 'publish']);
    // A publish that waited for no other one begins a new row.
    happened.length = 0;
    await publish();
    expect(happened).toEqual(['publish']);
  });
});
