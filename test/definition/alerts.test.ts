import { describe, expect, test } from 'vitest';
import { resolveAlertTargets } from '../../src/definition/connections/alert-targets.ts';
import { loadDefinitions } from '../../src/definition/load.ts';
import { MILLRACE_YAML, NOW, problemsOf, projectFolder, SHOP } from './project-folder.ts';

const TO = `alerts:
  to:
    ops: { url: "\${MILLRACE_ALERT_OPS}", format: slack }
    pager: { url: "\${MILLRACE_ALERT_PAGER}", secret: "\${MILLRACE_ALERT_SECRET}" }
  rules:
`;

const VARIABLE = '$' + '{NAME}';

const withRules = (...rules: readonly string[]) =>
  `${MILLRACE_YAML}${TO}${rules.map((rule) => `    - { ${rule} }\n`).join('')}`;

async function sentences(millraceYaml: string): Promise<string[]> {
  return problemsOf({ 'millrace.yaml': millraceYaml });
}

async function rulesOf(...rules: readonly string[]) {
  using project = projectFolder({ ...SHOP, 'millrace.yaml': withRules(...rules) });
  return (await loadDefinitions(project.folder, NOW)).config.alerts?.rules ?? [];
}

describe('parseAlerts', () => {
  test('fills in defaults', async () => {
    const id = expect.stringMatching(/^[0-9a-f]{16}$/);
    expect(
      await rulesOf(
        'when: run_failed, times: 3, to: [pager], cooldown: 2h, views: ["tag:basket", customer_spend_30d]',
        'when: refused_share, above: 2.5%, to: [ops, pager]',
        'when: circuit_open, to: [ops]',
      ),
    ).toEqual([
      {
        id,
        when: 'run_failed',
        times: 3,
        above: 0,
        views: ['customer_spend_30d', 'tag:basket'],
        to: ['pager'],
        cooldownMs: 7_200_000,
      },
      { id, when: 'refused_share', times: 1, above: 0.025, views: null, to: ['ops', 'pager'], cooldownMs: 3_600_000 },
      { id, when: 'circuit_open', times: 1, above: 0, views: null, to: ['ops'], cooldownMs: 3_600_000 },
    ]);
  });

  test('gives a rule the same id with other targets and cooldown, and another id with another condition', async () => {
    const idOf = async (rule: string) => (await rulesOf(rule))[0]?.id;
    const id = await idOf('when: run_failed, times: 2, to: [ops]');
    expect(await idOf('when: run_failed, times: 2, to: [pager], cooldown: 5m')).toBe(id);
    expect(await idOf('when: run_failed, times: 3, to: [ops]')).not.toBe(id);
    expect(await idOf('when: run_failed, times: 2, to: [ops], views: ["tag:basket"]')).not.toBe(id);
  });
});

describe('alertProblems', () => {
  test.each([
    [
      'when: run_faild, to: [ops]',
      "13:15: `alerts.rules[0].when`: expected one of run_failed, freshness_missed, intervals_held, refused_share, check_failed, check_warned, slow_run, circuit_open, online_rebuilt, found 'run_faild'; did you mean `run_failed`?",
    ],
    [
      'when: circuit_open, times: 2, to: [ops]',
      '13:36: `alerts.rules[0].times`: only for `when: run_failed`, found `when: circuit_open`',
    ],
    [
      'when: circuit_open, above: 2%, to: [ops]',
      '13:36: `alerts.rules[0].above`: only for `when: refused_share`, found `when: circuit_open`',
    ],
    ['when: refused_share, to: [ops]', '13:7: `alerts.rules[0].above`: missing; expected a share such as 2%'],
    [
      'when: circuit_open, to: [pagr]',
      "13:34: `alerts.rules[0].to[0]`: 'pagr' is not under `alerts.to`; did you mean `pager`?",
    ],
    ['when: circuit_open, to: [ops, ops]', "13:39: `alerts.rules[0].to[1]`: duplicate 'ops'"],
    [
      'when: circuit_open, to: [ops], views: [customer_spend_30]',
      "13:48: `alerts.rules[0].views[0]`: there is no view 'customer_spend_30'; did you mean `customer_spend_30d`?",
    ],
    [
      'when: circuit_open, to: [ops], views: ["tag:baskt"]',
      "13:48: `alerts.rules[0].views[0]`: no view has the tag 'baskt'; did you mean `tag:basket`?",
    ],
    [
      'when: freshness_missed, to: [ops], views: ["tag:basket", customer_spend_30d]',
      "13:66: `alerts.rules[0].views[1]`: the view 'customer_spend_30d' has no `freshness`, so it is never late; add `freshness` to the view, or remove it here",
    ],
  ])('report the problem of { %s }', async (rule, sentence) => {
    expect(await sentences(withRules(rule))).toEqual([`millrace.yaml:${sentence}`]);
  });

  test('refuse two rules with the same condition', async () => {
    expect(await sentences(withRules('when: circuit_open, to: [ops]', 'when: circuit_open, to: [pager]'))).toEqual([
      'millrace.yaml:14:15: `alerts.rules[1].when`: duplicate of `rules[0]`; list all targets in its `to`',
    ]);
  });

  test.each([
    ['url: "https://hooks.slack.com/services/T0/B0/T0P5ECRET"', 'url'],
    ['url: "https://host/hook", format: json', 'url'],
    [`url: "${VARIABLE}", secret: T0P5ECRET`, 'secret'],
    [`url: "${VARIABLE}", secret: [T0P5ECRET]`, 'secret'],
  ])('refuse %s without quoting it', async (target, key) => {
    const found = await sentences(
      withRules('when: circuit_open, to: [ops]').replace(/ops: \{[^\n]*/, `ops: { ${target} }`),
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^millrace\\.yaml:10:\\d+: \`alerts\\.to\\.ops\\.${key}\`: `));
    expect(found[0]).not.toContain('T0P5ECRET');
  });

  test.each([
    [`email: [data@example.org], from: m@example.org, smtp: "${VARIABLE}"`, []],
    [`email: [data@example.org]`, ['`alerts.to.ops.from`: missing', '`alerts.to.ops.smtp`: missing; expected']],
    [`email: ["Ada <a@b.org>"], from: m@example.org, smtp: "${VARIABLE}"`, ['an e-mail address such as']],
    [`email: ["a@b.org\\r\\nBcc: c@d.org"], from: m@example.org, smtp: "${VARIABLE}"`, ['an e-mail address such as']],
    [
      `email: [a@b.org], url: "${VARIABLE}"`,
      ['expected either `url` (a webhook) or `email` (a list of addresses), found both'],
    ],
    [`format: json`, ['expected either `url` (a webhook) or `email` (a list of addresses)']],
    [`email: [a@b.org], from: m@b.org, smtp: "${VARIABLE}", secret: "${VARIABLE}"`, ['only for a target with `url`']],
    [`url: "${VARIABLE}", from: m@b.org`, ['only for a target with `email`']],
    [`email: [a@b.org], from: m@b.org, smtp: "smtps://a:T0P5ECRET@h"`, ['a secret cannot be in the file']],
  ])('judge the target { %s }', async (target, expected) => {
    const found = await sentences(
      withRules('when: circuit_open, to: [ops]').replace(/ops: \{[^\n]*/, `ops: { ${target} }`),
    );
    expect(found).toEqual(expected.map((message) => expect.stringContaining(message)));
    expect(found.join()).not.toContain('T0P5ECRET');
  });

  test('refuse a secret for Slack, which does not check signatures', async () => {
    const yaml = withRules('when: circuit_open, to: [ops]').replace(
      'format: slack',
      `format: slack, secret: "${VARIABLE}"`,
    );
    expect(await sentences(yaml)).toEqual([
      'millrace.yaml:10:65: `alerts.to.ops.secret`: Slack does not check signatures; remove it, or use `format: json`',
    ]);
  });
});

describe('resolveAlertTargets', () => {
  test('uses the value of a variable as it is, even if it looks like another variable', async () => {
    const text = (of: string) => ({ text: of, file: 'millrace.yaml', line: 1 });
    const url = text(`https://h/${'$'}{A}/${'$'}{B}/${'$'}{A}`);
    const ops = { url, secret: text(`${'$'}{A}${'$'}{B}`), format: 'json' } as const;
    const [target] = await resolveAlertTargets({ to: { ops }, rules: [] }, { A: `${'$'}{B}$&`, B: 'b' });
    expect(target).toMatchObject({
      url: expect.objectContaining({ pathname: '/$%7BB%7D$&/b/$%7BB%7D$&' }),
      secret: `${'$'}{B}$&b`,
    });
  });

  test('reads the URL of a mail server, and reports a wrong one without quoting it', async () => {
    const smtp = { text: VARIABLE, file: 'millrace.yaml', line: 7 };
    const team = { format: 'email', to: ['data@example.org'], from: 'm@example.org', smtp } as const;
    const resolve = (NAME: string) => resolveAlertTargets({ to: { team }, rules: [] }, { NAME });
    expect(await resolve('smtps://ada:secret@mail.example.org')).toMatchObject([
      { name: 'team', format: 'email', server: { host: 'mail.example.org', port: 465, tls: 'start' } },
    ]);
    await expect(resolve('http://ada:s3cret@mail.example.org')).rejects.toThrow(
      /^The value of NAME \(millrace\.yaml:7\) is not the URL of a mail server; expected (?!.*s3cret)/,
    );
  });
});
