// millrace alerts: lists firing alerts and sent messages; `alerts test` sends a test message.

import { randomUUID } from 'node:crypto';
import { Failure } from '../../core/failure.ts';
import { textOf } from '../../core/message.ts';
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
    summary: 'List firing alerts and their delivery status',
    notes: [
      'Configure rules and targets in millrace.yaml. A scheduler checks the rules and',
      "sends the alerts. An alert's details show the state at the time the problem was",
      'detected. For the current state of a view, run "millrace status".',
    ],
    examples: ['alerts', 'alerts --dead --json', 'alerts test ops'],
  })
    .option('--dead', 'List only messages that could not be delivered', false)
    .option('--limit <n>', 'List at most this many alerts and messages', wholeNumber(1, 10_000), 20)
    .action((options: AlertsOptions) => end(cli, list(cli, options)));
  addCommand(alerts, {
    usage: 'test <target>',
    summary: 'Send a test message to a target and show its response',
    examples: ['alerts test ops'],
  }).action((target: string, _options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    // Options before "test" are parsed by "alerts".
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
    terminal.line('No alerts are firing.');
    return;
  }
  terminal.line(`${counted(total, 'alert')} firing:`);
  terminal.table(
    ['SINCE', 'SENT', 'CONDITION', 'DETAILS WHEN DETECTED'],
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
    terminal.line(
      dead ? 'No messages failed: all were sent or are pending.' : 'No alert messages were sent in the last 30 days.',
    );
    return;
  }
  terminal.table(
    ['AT', 'TO', 'STATE', 'MESSAGE', 'LAST ERROR'],
    deliveries.map(({ madeAt, target, state, tries, status, error, ...delivery }): Text[] => [
      shortInstant(madeAt),
      target,
      {
        style: STYLES[state],
        text: state === 'pending' && tries > 0 ? `pending, ${counted(tries, 'attempt')}` : state,
      },
      `${status}: ${deliveredSummary(delivery)}`,
      error ?? '–',
    ]),
  );
}

function firingJson({ total, alerts }: FiringAlerts): unknown {
  return {
    total,
    alerts: alerts.map(({ since, toldAt, ...alert }) => ({
      ...alert,
      what: textOf(conditionSentence(alert.condition, { name: alert.view, facts: alert.facts })),
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

/** Sends from this process and records nothing, so it needs neither Postgres nor a scheduler. */
async function sendTest(cli: Cli, name: string, options: CommonOptions): Promise<ExitCode> {
  await using open = await openProject(cli, options);
  const { alerts, dashboard } = open.project.config;
  const names = Object.keys(alerts?.to ?? {});
  if (alerts === undefined || !names.includes(name)) throw unknownTarget(name, names);
  const [target] = await resolveAlertTargets(alerts, open.project.env, [name]);
  if (target === undefined) throw unknownTarget(name, names);
  const { send } = await import('../../alerts/send.ts');
  const { testMessage } = await import('../../alerts/message.ts');
  const sender = { project: open.project.project, dashboardUrl: dashboard?.url ?? null };
  const now = cli.clock.now();
  const message = testMessage(sender, new Date(now).toISOString());
  const posting = { target, message, deliveryId: randomUUID(), at: Math.floor(now / 1_000) };
  const { timeoutMs, mailTimeoutMs } = open.app.settings.alerts;
  const sendOptions = { clock: cli.clock, timeoutMs, mailTimeoutMs, version: packageVersion() };
  const answer = await send(sendOptions, posting, new AbortController().signal);
  const isAccepted = answer.kind === 'taken';
  const response = isAccepted
    ? `it responded with ${answer.status}${answer.text === '' ? '' : ` (${answer.text})`}`
    : answer.error;
  if (options.json)
    cli.terminal.json({ target: name, taken: isAccepted, answer: response, delivery: posting.deliveryId });
  else if (isAccepted) cli.terminal.line(`${name} accepted the test message: ${response}.`);
  else cli.terminal.warn(`${name} did not accept the test message: ${response}.`);
  return isAccepted ? DONE : ERROR;
}

function unknownTarget(name: string, names: readonly string[]): Failure {
  const known = names.length === 0 ? '; no targets are configured' : `; configured: ${names.join(', ')}`;
  const hint = didYouMean(name, names) || `${known}.`;
  return new Failure('ARGUMENT_INVALID', `There is no target "${name}" under alerts.to in millrace.yaml${hint}`);
}
