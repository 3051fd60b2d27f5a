import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { blocksToRun, readPage } from './blocks.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What stays the same from one day to the next: headings, and what is promised. */
function outline(output: string): string[] {
  return output.split('\n').filter((line) => /^\d {2}\S|^ {3}ok {2}/.test(line));
}

describe('docs/getting-started/quickstart.md', () => {
  test('shows what the quickstart prints', () => {
    const page = readPage('docs/getting-started/quickstart.md');
    const shown = /<!-- quickstart output: begin -->\n```\n(.*?)```/s.exec(page)?.[1] ?? '';
    const [block] = blocksToRun(page, 'quickstart');

    const done = spawnSync('sh', ['-ec', block?.commands ?? 'exit 9'], { cwd: root, encoding: 'utf8' });

    const stderr = done.status === 0 && !done.stderr.includes('A guarantee does not hold') ? '' : done.stderr;
    expect({ status: done.status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(outline(shown).length).toBeGreaterThan(10);
    expect(outline(done.stdout)).toEqual(outline(shown));
  });
});
