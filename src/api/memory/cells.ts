// Limits on the values of responses: each takes about 100 bytes, several times over while a response is written.

import type { Context } from 'hono';
import type { ApiEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import { openRoom, type Room } from './room.ts';

/** In one response. */
export const CELLS_MAX = 200_000;
/** In all large responses that are not sent yet. */
const CELLS_OPEN_MAX = 5 * CELLS_MAX;
/** Small responses are always answered: large ones, which may be slow, do not keep others from being served. */
const SMALL_CELLS = 2_000;

export function openCells(): Room {
  return openRoom(
    CELLS_OPEN_MAX,
    'This process is already serving too many large reads: try again later, request fewer values, or start more API processes.',
  );
}

/** Takes the room for the values of a response until it is sent. @throws Problem REQUEST_INVALID or TOO_BUSY */
export function takeCells(cells: Room, { env: { outgoing } }: Context<ApiEnv>, wanted: number): void {
  if (wanted > CELLS_MAX) {
    throw new Problem(
      'REQUEST_INVALID',
      `The request asks for ${wanted} values (rows times features), but at most ${CELLS_MAX} are allowed: request fewer rows or features at a time.`,
    );
  }
  if (wanted <= SMALL_CELLS) return;
  const taken = cells.take(wanted);
  const free = () => taken[Symbol.dispose]();
  if (outgoing.destroyed) free();
  else outgoing.once('close', free);
}
