import { expect, test } from 'vitest';
import { reopenable } from '../../src/core/reopenable.ts';

test('a client is opened once, again after a failure, and again when it is forgotten', async () => {
  let opens = 0;
  const client = reopenable(async () => {
    opens += 1;
    if (opens === 1) throw new Error('the file is being replaced');
    return opens;
  });
  expect(await client.known()).toBeNull();
  await expect(client.current()).rejects.toThrow('replaced');
  expect(await client.current()).toBe(2);
  expect(await client.current()).toBe(2);
  client.forget();
  expect(await client.current()).toBe(3);
  expect(await client.known()).toBe(3);
});
