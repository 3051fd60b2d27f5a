import { describe, test } from 'vitest';
import { EITHER, endsWithinLimits, TOO_LARGE, TOO_LONG } from './attacks.ts';

describe('lakeSource', () => {
  test.each([
    ['a value of a file as a length', 'to_json(range(n * 3))::varchar', TOO_LARGE],
    ['a cross join', '(select count(*)::varchar from range(10000000) a, range(10000000) b)', TOO_LONG],
    ['a repeated text', `len(repeat('x', n * 40))::varchar`, TOO_LARGE],
    ['a padded text', `len(lpad('x', 2000000000, 'y'))::varchar`, EITHER],
    ['an aggregate over a list', `list_aggregate(range(100000000), 'sum')::varchar`, TOO_LARGE],
    ['a function over a list', `len(list_transform(range(30000000), lambda x: repeat('z', 100)))::varchar`, TOO_LARGE],
    ['a sorted list of all rows', '(select list(i order by hash(i))::varchar from range(30000000) t(i))', TOO_LARGE],
    ['a list of all rows', '(select len(list(i))::varchar from range(200000000) t(i))', TOO_LARGE],
    ['an unnested list', '(select sum(x)::varchar from (select unnest(range(1000000000)) x))', TOO_LARGE],
    ['a text of all rows', `(select string_agg(i || repeat('y', 1000), ',') from range(10000000) t(i))`, TOO_LARGE],
    [
      'a text that grows by itself',
      `(with recursive r(x) as (select 'ab' union all select x || x from r where len(x) < 4000000000) select max(len(x))::varchar from r)`,
      EITHER,
    ],
    ['a regular expression over a long text', `regexp_replace(repeat('ab', 50000000), 'a', 'ccccccccc', 'g')`, EITHER],
    ['deep JSON', `json_extract(repeat('[', 30000000) || repeat(']', 30000000), '$[0]')::varchar`, EITHER],
  ])('ends %s at its limit', (_, expression, sentence) => endsWithinLimits(expression, sentence));
});
