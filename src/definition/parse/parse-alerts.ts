// Parses `alerts` of millrace.yaml into rules and targets, and checks rules about several keys.

import { createHash } from 'node:crypto';
import { parseDuration } from '../../core/duration.ts';
import type { AlertRule, AlertsConfig, AlertTargetConfig } from '../alert.ts';
import type { AlertsFile } from '../files/alert-file.ts';
import { EXAMPLE, variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import { didYouMean } from '../yaml/nearest.ts';
import { formatKeyPath, type KeyPath, type Problem } from '../yaml/problem.ts';
import type { YamlFile } from '../yaml/yaml-file.ts';

type RuleFile = AlertsFile['rules'][number];

/** The alerts of a valid file. */
export function parseAlerts(file: AlertsFile, textAt: (text: string, path: KeyPath) => UrlText): AlertsConfig {
  const targets = Object.entries(file.to).map(
    ([name, target]) =>
      [name, parseTarget(target, (key) => textAt(target[key] ?? '', ['alerts', 'to', name, key]))] as const,
  );
  return {
    to: Object.fromEntries(targets),
    rules: file.rules.map(parseRule),
  };
}

type TargetFile = AlertsFile['to'][string];

function parseTarget(target: TargetFile, secretAt: (key: 'url' | 'secret' | 'smtp') => UrlText): AlertTargetConfig {
  if (target.email !== undefined) {
    return { format: 'email', to: [...new Set(target.email)], from: target.from ?? '', smtp: secretAt('smtp') };
  }
  const secret = target.secret === undefined ? null : secretAt('secret');
  return { url: secretAt('url'), secret, format: target.format ?? 'json' };
}

function parseRule(rule: RuleFile): AlertRule {
  const times = rule.times ?? 1;
  const above = shareOf(rule.above ?? 0);
  const views = rule.views === undefined ? null : [...new Set(rule.views)].sort();
  const longerMs = rule.longer_than === undefined ? null : parseDuration(rule.longer_than);
  const conditions = {
    ...(rule.rows_min === undefined ? {} : { rowsMin: rule.rows_min }),
    ...(longerMs === null ? {} : { longerMs }),
  };
  // Rules without these keys keep the id that they had before there were these keys.
  const more = JSON.stringify(conditions);
  const severity = rule.severity === undefined ? {} : { severity: rule.severity };
  const id = createHash('sha256')
    .update(JSON.stringify([rule.when, times, above, views, ...(more === '{}' ? [] : [more])]))
    .digest('hex')
    .slice(0, 16);
  const cooldownMs = parseDuration(rule.cooldown) ?? 0;
  return { id, when: rule.when, times, above, ...conditions, ...severity, views, to: rule.to, cooldownMs };
}

function shareOf(written: number | string): number {
  return typeof written === 'number' ? written : Number.parseFloat(written) / 100;
}

/** The problems in `alerts`, without references to views. */
export function alertProblems(file: AlertsFile, yaml: YamlFile): Problem[] {
  const at = (path: KeyPath, message: string) =>
    yaml.problemAt(['alerts', ...path], `\`${formatKeyPath(['alerts', ...path])}\`: ${message}`);
  return [
    ...Object.entries(file.to).flatMap(([name, target]) =>
      targetFindings(target).map(([path, message]) => at(['to', name, ...path], message)),
    ),
    ...file.rules.flatMap((rule, index) =>
      ruleFindings(rule, index, file).map(([path, message]) => at(['rules', index, ...path], message)),
    ),
  ];
}

/** The findings in one target, each with its key. */
function targetFindings(target: TargetFile): [KeyPath, string][] {
  const { url, secret, format, email, from, smtp } = target;
  if ((url === undefined) === (email === undefined)) {
    return [
      [
        [],
        `expected either \`url\` (a webhook) or \`email\` (a list of addresses)${url === undefined ? '' : ', found both'}`,
      ],
    ];
  }
  const isMail = email !== undefined;
  const others = isMail ? { secret, format } : { from, smtp };
  const found: [KeyPath, string][] = [];
  for (const [key, value] of Object.entries(others)) {
    if (value !== undefined) found.push([[key], `only for a target with \`${isMail ? 'url' : 'email'}\``]);
  }
  if (isMail && from === undefined) found.push([['from'], 'missing; expected the address of the sender']);
  if (isMail && smtp === undefined) found.push([['smtp'], `missing; expected ${EXAMPLE}`]);
  for (const [key, text] of Object.entries({ url, secret, smtp })) {
    for (const message of secretProblem(text)) found.push([[key], message]);
  }
  if (format === 'slack' && secret !== undefined) {
    found.push([['secret'], 'Slack does not check signatures; remove it, or use `format: json`']);
  }
  return found;
}

/** The findings in one rule, each with its key. */
function ruleFindings(rule: RuleFile, index: number, { to, rules }: AlertsFile): [KeyPath, string][] {
  const found: [KeyPath, string][] = [];
  if (rule.times !== undefined && rule.when !== 'run_failed') {
    found.push([['times'], `only for \`when: run_failed\`, found \`when: ${rule.when}\``]);
  }
  if (rule.above !== undefined && rule.when !== 'refused_share') {
    found.push([['above'], `only for \`when: refused_share\`, found \`when: ${rule.when}\``]);
  }
  if (rule.above === undefined && rule.when === 'refused_share') {
    found.push([['above'], 'missing; expected a share such as 2%']);
  }
  if (rule.rows_min !== undefined && rule.when !== 'refused_share') {
    found.push([['rows_min'], `only for \`when: refused_share\`, found \`when: ${rule.when}\``]);
  }
  if (rule.longer_than !== undefined && rule.when !== 'slow_run') {
    found.push([['longer_than'], `only for \`when: slow_run\`, found \`when: ${rule.when}\``]);
  }
  if (rule.longer_than === undefined && rule.when === 'slow_run') {
    found.push([['longer_than'], 'missing; expected a duration such as 30m']);
  }
  const targets = Object.keys(to);
  for (const [place, name] of rule.to.entries()) {
    if (!targets.includes(name)) found.push([['to', place], unknownTarget(name, targets)]);
    else if (rule.to.indexOf(name) !== place) found.push([['to', place], `duplicate '${name}'`]);
  }
  const id = parseRule(rule).id;
  const first = rules.findIndex((other) => parseRule(other).id === id);
  if (first < index) found.push([['when'], `duplicate of \`rules[${first}]\`; list all targets in its \`to\``]);
  return found;
}

function unknownTarget(name: string, targets: readonly string[]): string {
  const known = targets.length === 0 ? 'no targets are defined' : `expected one of ${targets.join(', ')}`;
  return `'${name}' is not under \`alerts.to\`${didYouMean(name, targets) || `; ${known}`}`;
}

/** Webhook addresses and signing keys must be variables. */
function secretProblem(text: string | undefined): string[] {
  if (text === undefined || (variablesOf(text).length > 0 && !/\s/.test(text))) return [];
  return [`a secret cannot be in the file; write ${EXAMPLE}, and set NAME (or NAME_FILE) in the environment`];
}
