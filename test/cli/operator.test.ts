import { hostname, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { actorOf } from '../../src/cli/operator.ts';

describe('actorOf', () => {
  test.each([
    [{ USER: 'ada', USERNAME: 'bob' }, 'ada'],
    [{ USERNAME: 'bob' }, 'bob'],
    [{}, userInfo().username],
    [{ USER: '' }, userInfo().username],
  ])('names the user of %j', (env, name) => {
    expect(actorOf({ env })).toEqual({ kind: 'command', name: `${name}@${hostname()}` });
  });
});
