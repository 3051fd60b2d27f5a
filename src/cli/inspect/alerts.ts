// millrace alerts: what fires, and what became of the messages; `alerts test` sends one.

import { randomUUID } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { resolveAlertTargets } from '../../definition/connections/alert-targets.ts';
import { didYouMean } from '../../definition/yaml/nearest.ts';
import { conditionSentence, deliveredSummary } from '../../presentation/alert-text.ts';
import { counted, isoOf, shortInstant } from '../../presentation/format.ts';
import type { Text } from '../../presentation/text.ts';
import { type AlertDelivery, alertDeliveries, type FiringAlerts, firingAlerts } from '../../state/alerts/overview.ts';
import { addCommand, type Cli, type CommonOptions, end, wholeNumber } from '../command.ts';
import { DONE, ERROR, type ExitCode } from '../exit.ts';
import { openProject, requireState } from '../open.ts';
import { packageVersion } from '../version.ts';

type AlertsOptions = CommonOptions & { readonly dead: boolean; readonly limit: number };

export function addAlerts(cli: Cli): void {
  const alerts = addCommand(cli.program, {
    usage: 'alerts',
    summary: 'show what fires, and whether it was told',
    notes: [
      'Rules and targets are in millrace.yaml; a scheduler looks and sends.',
      'What it says of an alert is as it was when found; "millrace status" says how',
      'the view is now.',
    ],
    examples: ['alerts', 'alerts --dead --json', 'alerts test ops'],
  })
    .option('--dead', 'of the messages, only those that could not be sent', false)
    .option('--limit <n>', 'at most so many alerts and messages', wholeNumber(1, 10_000), 20)
    .action((options: AlertsOptions) => end(cli, list(cli, options)));
  addCommand(alerts, {
    usage: 'test <target>',
    summary: 'send a message to a target, and show its answer',
    examples: ['alerts test ops'],
  }).action((target: string, _options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    // Options given before "test" are those of "alerts".
    end(cli, sendTest(cli, target, command.optsWithGlobals())),
  );
}

async function list(cli: Cli, options: AlertsOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  await requireState(open.app);
  const { database } = open.app;
  const firing = await firingAlerts(database, options.limit);
  const filter = options.dead ? { states: ['dead'] as const } : {};
  const deliveries = await alertDeliveries(database, { limit: options.limit, ...filter });
  if (options.json) cli.terminal.json({ firing: firingJson(firing), deliveries: deliveries.map(deliveryJson) });
  else {
    printFiring(cli, firing);
    printDeliveries(cli, deliveries, options);
  }
  return DONE;
}

function printFiring({ terminal }: Cli, { total, alerts }: FiringAlerts): void {
  if (total === 0) {
    terminal.line('Nothing fires.');
    return;
  }
  terminal.line(`${counted(total, 'alert')} ${total === 1 ? 'fires' : 'fire'}:`);
  terminal.table(
    ['SINCE', 'TOLD', 'WHEN', 'WHAT IT WAS WHEN FOUND'],
    alerts.map(({ since, toldAt, condition, view, facts }) => [
      shortInstant(since),
      toldAt === null ? 'not yet' : shortInstant(toldAt),
      condition,
      conditionSentence(condition, { name: view, facts }),
    ]),
  );
}

const STYLES = { sent: 'green', pending: 'yellow', dead: 'red' } as const;

function printDeliveries({ terminal }: Cli, deliveries: readonly AlertDelivery[], { dead }: AlertsOptions): void {
  terminal.line();
  if (deliveries.length === 0) {
    terminal.line(dead ? 'Every message arrived, or is on its way.' : 'No message was sent in the last month.');
    return;
  }
  terminal.table(
    ['AT', 'TO', 'STATE', 'MESSAGE', 'LAST TRY'],
    deliveries.map(({ madeAt, target, state, tries, status, error, ...said }): Text[] => [
      shortInstant(madeAt),
      target,
      { style: STYLES[state], text: state === 'pending' && tries > 0 ? `pending, tried ${tries}×` : state },
      `${status}: ${deliveredSummary(said)}`,
      error ?? '–',
    ]),
  );
}

function firingJson({ total, alerts }: FiringAlerts): unknown {
  return {
    total,
    alerts: alerts.map(({ since, toldAt, ...alert }) => ({
      ...alert,
      what: conditionSentence(alert.condition, { name: alert.view, facts: alert.facts }),
      since: isoOf(since),
      toldAt: isoOf(toldAt),
    })),
  };
}

function deliveryJson({ madeAt, closedAt, nextAt, ...delivery }: AlertDelivery): unknown {
  return {
    ...delivery,
    summary: deliveredSummary(delivery),
    madeAt: isoOf(madeAt),
    closedAt: isoOf(closedAt),
    nextAt: isoOf(nextAt),
  };
}

/** Sends from here and at once, with nothing recorded: neither Postgres nor a scheduler is needed. */
async function sendTest(cli: Cli, name: string, options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { alerts, dashboard } = open.project.config;
  const names = Object.keys(alerts?.to ?? {});
  if (alerts === undefined || !names.includes(name)) throw unknownTarget(name, names);
  const [target] = await resolveAlertTargets(alerts, open.project.env, [name]);
  if (target === undefined) throw unknownTarget(name, names);
  const { post } = await import('../../alerts/post.ts');
  const { testMessage } = await import('../../alerts/message.ts');
  const sender = { project: open.project.project, dashboardUrl: dashboard?.url ?? null };
  const now = cli.clock.now();
  const message = testMessage(sender, new Date(now).toISOString());
  const posting = { target, message, deliveryId: randomUUID(), at: Math.floor(now / 1_000) };
  const { timeoutMs } = open.app.settings.alerts;
  const postOptions = { clock: cli.clock, timeoutMs, version: packageVersion() };
  const answer = await post(postOptions, posting, new AbortController().signal);
  const isTaken = answer.kind === 'taken';
  const said = isTaken ? `it answered ${answer.status}${answer.text === '' ? '' : ` (${answer.text})`}` : answer.error;
  if (options.json) cli.terminal.json({ target: name, taken: isTaken, answer: said, delivery: posting.deliveryId });
  else if (isTaken) cli.terminal.line(`${name} took the test message: ${said}.`);
  else cli.terminal.warn(`${name} did not take the test message: ${said}.`);
  return isTaken ? DONE : ERROR;
}

function unknownTarget(name: string, names: readonly string[]): Failure {
  const known = names.length === 0 ? '; it has none' : `; it has ${names.join(', ')}`;
  const hint = didYouMean(name, names) || `${known}.`;
  return new Failure('ARGUMENT_INVALID', `There is no target "${name}" under alerts.to in millrace.yaml${hint}`);
}
