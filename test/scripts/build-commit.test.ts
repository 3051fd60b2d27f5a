import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { buildCommit } from '../../scripts/build-commit.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-commit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A checkout with one commit and a tag, and its short name. */
function checkout(): { folder: string; commit: string } {
  const folder = emptyFolder();
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  writeFileSync(join(folder, 'file'), 'one');
  git('init', '--quiet');
  git('add', 'file');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--quiet', '--message', 'One');
  git('tag', 'v1');
  return { folder, commit: git('rev-parse', '--short', 'HEAD') };
}

describe('buildCommit', () => {
  test('is the commit of the checkout, and says if it has uncommitted changes', () => {
    const { folder, commit } = checkout();
    expect(buildCommit(folder, {})).toBe(commit);
    writeFileSync(join(folder, 'file'), 'two');
    expect(buildCommit(folder, {})).toBe(`${commit}-dirty`);
  });

  test('is unknown outside of a checkout, and below another repository', () => {
    const { folder } = checkout();
    mkdirSync(join(folder, 'copy'));
    expect([buildCommit(emptyFolder(), {}), buildCommit(join(folder, 'copy'), {})]).toEqual([null, null]);
  });

  test('is what the variable says, if that is a commit', () => {
    expect(buildCommit(emptyFolder(), { MILLRACE_COMMIT: '6e0f81fa' })).toBe('6e0f81fa');
    expect(buildCommit(emptyFolder(), { MILLRACE_COMMIT: '' })).toBe(null);
    expect(() => buildCommit(emptyFolder(), { MILLRACE_COMMIT: 'latest' })).toThrow(
      'MILLRACE_COMMIT is "latest"; expected a git commit',
    );
  });
});
