// The other side of line-process.ts: answers each line of standard input until it ends.

import { createInterface } from 'node:readline';
import { messageOf } from '../../src/core/failure.ts';

/** Handlers of requests, by their property `do`. */
export type LineHandlers = Readonly<Record<string, (request: never) => Promise<object>>>;

export async function answerLines(handlers: LineHandlers): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(handlers, JSON.parse(line)).catch((error) => ({ error: messageOf(error) }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

async function answer(handlers: LineHandlers, request: { do: string }): Promise<object> {
  const handler = handlers[request.do];
  if (handler === undefined) throw new Error(`unknown request ${request.do}`);
  return handler(request as never); // each handler names the properties of its request
}
