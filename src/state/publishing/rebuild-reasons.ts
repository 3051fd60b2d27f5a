// Why a view is written again online where somebody asked for it, by a definition or a command. All other reasons are of a
// store that could not be trusted, and raise alerts.

export const REBUILD_ASKED_FOR = {
  ttl: 'its ttl changed',
  features: 'its features changed',
  command: 'asked for',
} as const;
