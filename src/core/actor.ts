// The actor of an operation: a person at the command line or on the dashboard, the holder of a token, or a process.

export type ActorRole = 'viewer' | 'operator';

export type Actor =
  /** `name` is `user@host`. */
  | { readonly kind: 'command'; readonly name: string }
  /** `name` is null where the dashboard has no login. */
  | { readonly kind: 'dashboard'; readonly name: string | null; readonly role: ActorRole }
  | { readonly kind: 'token'; readonly name: string }
  | { readonly kind: 'process'; readonly name: string };

/** The name that is stored with a pause or a backfill. */
export function actorName(actor: Actor): string {
  return actor.name ?? 'the dashboard';
}
