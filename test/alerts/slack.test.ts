import { describe, expect, test } from 'vitest';
import { messageOf } from '../../src/alerts/message.ts';
import { slackBody } from '../../src/alerts/slack.ts';
import { value } from '../../src/core/message.ts';
import { ALERT_ENDS } from '../../src/definition/alert.ts';
import { alertMessage } from '../../src/definition/reference/alert-message.ts';
import { bounded } from '../../src/presentation/alert-text.ts';
import type { AlertFacts } from '../../src/state/alerts/conditions.ts';

const HOSTILE = `<!channel> <https://evil.example|click> & <script>alert(1)</script> \u001b[31mred\u202e *b* @here ${'x'.repeat(1_048_576)}`;

function message(count: number, facts: AlertFacts) {
  const alerts = Array.from({ length: count }, (_, index) => {
    const view = `view_${index}`;
    return { id: index, view, since: '2026-01-08T00:00:00.000Z', until: null, facts };
  });
  const found = { status: 'firing', at: '2026-01-08T00:00:00.000Z', rule: { id: 'r', when: 'run_failed' } } as const;
  return messageOf({ project: 'shop', dashboardUrl: 'https://d.example' }, found, alerts);
}

const said = (code: string, message: string) => ({ code, message, owner: 'author', parts: value(message) });

describe('slackBody', () => {
  test('has one section with a link to the view', () => {
    expect(slackBody(message(1, { failures: 1, run: 7, error: said('SOURCE_DENIED', 'No & never.') }))).toEqual({
      text: ':rotating_light: *shop*: The last run of view_0 (run 7) failed with SOURCE_DENIED: No &amp; never.',
      blocks: [
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: ':rotating_light: *shop*: The last run of view_0 (run 7) failed with SOURCE_DENIED: No &amp; never.',
            verbatim: true,
          },
        },
        {
          type: 'section',
          text: { type: 'mrkdwn', text: '<https://d.example/views/view_0|Open the dashboard>', verbatim: true },
        },
      ],
    });
  });

  test('distinguishes resolved alerts from those whose check has ended', () => {
    const alert = { id: 1, view: 'a', since: '2026-01-08T00:00:00.000Z', until: null, facts: {} };
    const titles = ALERT_ENDS.map((ended) => {
      const rule = { id: 'r', when: 'freshness_missed' } as const;
      const found = { status: 'resolved', at: alert.since, rule, ended } as const;
      return slackBody(messageOf({ project: 'shop', dashboardUrl: null }, found, [alert]));
    });
    expect(titles).toMatchObject([
      { text: ':white_check_mark: *shop*: a: fresh again.' },
      {
        text: ':no_bell: *shop*: a: ended because the view was retired or the rule no longer covers it; the problem may still exist.',
      },
      { text: ':no_bell: *shop*: a: ended because the rule was changed or removed; the problem may still exist.' },
    ]);
  });

  test("keeps hostile text as text, within Slack's limits", () => {
    const body = message(30, { failures: 3, run: 7, error: said('SOURCE_QUERY', HOSTILE) });
    expect(alertMessage.safeParse(body).error).toBeUndefined();
    expect(JSON.stringify(body).length).toBeLessThan(20_000);
    const { text, blocks } = slackBody(body) as { text: string; blocks: { text: { text: string } }[] };
    const texts = [text, ...blocks.slice(0, -1).map((block) => block.text.text)];
    expect(texts.join('\n')).toContain('&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp;');
    expect(texts.filter((one) => /[<>\p{Cf}]|(?!\n)\p{Cc}/u.test(one) || one.length > 3_000)).toEqual([]);
  });
});

describe('bounded', () => {
  test('is one line of 300 characters without control characters and credentials', () => {
    expect(bounded('a\n\u001b[1mb\t c\u2028d')).toBe('a [1mb c d');
    expect(bounded(`postgres://me:hunter2@host/db?password=x ${'😀'.repeat(400)}`)).toMatch(
      /^postgres:\/\/host\/db\?password=… (?:😀)+…$/u,
    );
  });
});
