// The log of a process as lines for a person at the terminal.

import { formatInstant } from '../../core/instant.ts';
import type { Log, LogFacts } from '../../core/log.ts';
import { scrubbed } from '../../observe/logger.ts';
import type { Style } from '../../presentation/text.ts';
import type { Cli } from '../command.ts';

/** `19:52:16  run.claimed  run=1 view=customer_orders`; debug events only with `hasDebug`. */
export function humanLog({ terminal, clock }: Pick<Cli, 'terminal' | 'clock'>, hasDebug: boolean): Log {
  const write =
    (style: Style | null) =>
    (event: string, facts: LogFacts = {}) => {
      const time = formatInstant(clock.now()).slice(11, 19);
      const text = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
      terminal.line(
        { style: 'dim', text: `${time}  ` },
        style === null ? event : { style, text: event },
        scrubbed(`  ${text.join(' ')}`),
      );
    };
  return { debug: hasDebug ? write('dim') : () => {}, info: write(null), warn: write('yellow'), error: write('red') };
}
