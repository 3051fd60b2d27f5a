// Faults that the tests must notice: one small change of the kernel each, and the tests nearest to it.

/** In `file`, `from` is replaced by `to`. */
export type Replacement = { readonly file: string; readonly from: string; readonly to: string };

export type Mutant = Replacement & {
  readonly what: string;
  /** The second of two places that each prevent the fault. */
  readonly also?: Replacement;
  /** The arguments of `npm run test:all`. */
  readonly tests: readonly string[];
};

export const MUTANTS: readonly Mutant[] = [
  {
    what: 'the guard compares event times as text',
    file: 'src/online/writing/guard.lua',
    from: 'guarded and row and tonumber(time) < row_time',
    to: 'guarded and row and time < row',
    tests: ['test/online/guard'],
  },
  {
    what: 'the guard ignores a later publish that has begun',
    file: 'src/online/writing/guard.lua',
    from: 'if fence > number then',
    to: 'if false then',
    tests: ['test/online/guard', 'test/online/publish.test'],
  },
  {
    what: 'the guard takes a time with a fraction for a readable one',
    file: 'src/online/writing/guard.lua',
    from: ' and row_time % 1 == 0',
    to: '',
    tests: ['test/online/damaged-keys', 'test/online/unreadable-keys'],
  },
  {
    what: 'the guard writes rows that may not be the newest without a key',
    file: 'src/online/writing/guard.lua',
    from: `    elseif present then
      undecided[#undecided + 1] = k - 2
`,
    to: '',
    tests: ['test/online/absent-keys', 'test/online/guard'],
  },
  {
    what: 'a null tie_break wins',
    file: 'src/offline/replace.ts',
    from: `['tie_break desc nulls last', ...textOrder]`,
    to: `['tie_break desc nulls first', ...textOrder]`,
    tests: ['test/offline/replace', 'test/run/any-order'],
  },
  {
    what: 'staged rows are not counted again in the commit',
    file: 'src/run/stages/commit.ts',
    from: 'base.stagedRows !== run.stagedRows || ',
    to: '',
    tests: ['test/run/small-spans'],
  },
  {
    what: 'a lease is renewed regardless of its epoch',
    file: 'src/state/runs/claim.ts',
    from: `where id = $1 and epoch = $2 and state \${IN.begun}\``,
    to: `where id = $1 and $2::int is not null and state \${IN.begun}\``,
    tests: ['test/state/runs/claim'],
  },
  {
    what: 'the repair forgets what is covered and not published',
    file: 'src/state/publishing/publish-scope.ts',
    from: 'and (not isempty(c.covered - c.published) or exists',
    to: 'and (exists',
    tests: ['test/online/repair'],
  },
  {
    what: 'committed runs are not delivered again',
    file: 'src/state/runs/deliveries.ts',
    from: `      where r.state \${IN.open}
        and (r.lease_until is null`,
    to: `      where r.state \${IN.unstored}
        and (r.lease_until is null`,
    tests: ['test/queue/reconcile'],
  },
  {
    what: 'a run whose lease was lost commits',
    file: 'src/run/stages/commit.ts',
    from: 'if (!base.isOwned) throw leaseLost(run);',
    to: '',
    also: {
      file: 'src/state/runs/change.ts',
      from: "compares ? 'r.epoch = $2' : '$2::int is null'",
      to: "'true or $2::int is null'",
    },
    tests: ['test/run/races', 'test/state/runs/transitions'],
  },
  {
    what: 'a run commits although its view was edited meanwhile',
    file: 'src/run/stages/commit.ts',
    from: 'if (!base.isCurrent) return superseded(session, run);',
    to: '',
    also: {
      file: 'src/state/runs/record-stage.ts',
      from: "await end(session, run, 'commit', result, isCurrent)",
      to: "await end(session, run, 'commit', result, isCurrent && 'true')",
    },
    tests: ['test/state/views/edit'],
  },
  {
    what: 'a run is claimed although another owner has a lease',
    file: 'src/state/runs/claim.ts',
    from: 'where: `(r.lease_until is null or r.lease_until < millrace.now())',
    to: `where: \`(r.lease_until is null or r.lease_until < millrace.now() + interval '1 hour')`,
    tests: ['test/state/runs/claim'],
  },
  {
    what: 'a run that is released to wait counts as a failed attempt',
    file: 'src/state/runs/claim.ts',
    from: `release.as === 'failAttempt' ? 'r.attempt' : 'r.attempt - 1'`,
    to: `'r.attempt'`,
    tests: ['test/state/runs/claim', 'test/run/perform'],
  },
  {
    what: 'a refused row erases the stored row that it was to replace',
    file: 'src/offline/difference.ts',
    from: 'r.entity_id is not null as is_kept',
    to: 'false as is_kept',
    tests: ['test/run/small-spans'],
  },
  {
    what: 'a changed sign of zero, or scale, is no change',
    file: 'src/offline/difference.ts',
    from: `\${row('o')} *<> \${row('s')}`,
    to: `\${row('o')} is distinct from \${row('s')}`,
    tests: ['test/offline', 'test/online/publish.test'],
  },
  {
    what: 'the first moment of a range is not replaced',
    file: 'src/offline/row-range.ts',
    from: `range.bounds === '[)' ? '>=' : '>'`,
    to: `'>'`,
    tests: ['test/offline', 'test/run/any-order'],
  },
  {
    what: 'a commit never finds that its range holds rows',
    file: 'src/offline/row-range.ts',
    from: 'return row?.holds === true;',
    to: 'return false;',
    tests: ['test/offline', 'test/run/any-order', 'test/run/restated'],
  },
  {
    what: 'ten removed rows are as many as eleven',
    file: 'src/run/rules.ts',
    from: 'removed <= ROWS_TOLERATED',
    to: 'removed < ROWS_TOLERATED',
    tests: ['test/run/rules'],
  },
  {
    what: 'rows that a run has removed stay online',
    file: 'src/online/publish.ts',
    from: 'if (scope.removedByRuns.length === 0) return written;',
    to: 'if (scope.removedByRuns.length >= 0) return written;',
    tests: ['test/online/publish.test'],
  },
  {
    what: 'a row is still served at the end of its ttl',
    file: 'src/online/read.ts',
    from: 'eventTime + ttlMs * 1_000 > now * 1_000',
    to: 'eventTime + ttlMs * 1_000 >= now * 1_000',
    tests: ['test/online/values'],
  },
  {
    what: 'intervals that touch are not joined',
    file: 'src/core/interval.ts',
    from: 'part.start > last.end',
    to: 'part.start >= last.end',
    tests: ['test/core/interval'],
  },
  {
    what: 'a gap is found where something is covered',
    file: 'src/core/interval.ts',
    from: 'if (done.start > cursor) gaps.push(interval(cursor, done.start));\n    cursor = done.end;',
    to: 'if (done.start > cursor) gaps.push(interval(cursor, done.start));\n    cursor = done.start;',
    tests: ['test/core/interval'],
  },
  {
    what: 'a view of kind latest has two runs at a time',
    file: 'src/plan/due.ts',
    from: 'return openRuns > 0 || isIdle',
    to: 'return openRuns > 1 || isIdle',
    tests: ['test/state/planning', 'test/operations/run'],
  },
  {
    what: 'what a plan leaves out begins within an interval',
    file: 'src/plan/due.ts',
    from: 'interval(floorToUnit(epochMsOf(start), unitMs), left.end)',
    to: 'interval(epochMsOf(start + 1), left.end)',
    tests: ['test/state/planning'],
  },
  {
    what: 'settings of one view stay in the connection of the next',
    file: 'src/sources/postgres/transaction.ts',
    from: `await reserved.session.run('discard all');`,
    to: '',
    tests: ['test/sources/postgres/reset'],
  },
  {
    what: 'a training set knows a row before serving could',
    file: 'src/datasets/join.ts',
    from: `\${isKnownSql(known, 'o.event_timestamp', boundSql(known, 'l.at'))}`,
    to: `o.event_timestamp <= l.at`,
    tests: ['test/datasets/join'],
  },
];
