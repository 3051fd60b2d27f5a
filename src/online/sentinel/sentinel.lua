-- The sentinel of one online store (docs/architecture/stores.md): a hash with the store's generation and, per view, the number of the
-- publish that last finished (view:<name>) and of the one that last began (fence:<name>).
--
-- KEYS  1 the sentinel
-- ARGV  'begin'  generation  name  number  finished    publish `number` of the view begins; smaller numbers write no more
--       'finish' generation  name  number  finished    publish `number` is finished, if nothing has happened in between
--       `finished` is the number that Postgres believes to be the last finished one.
-- Returns ok; lost: another generation, none, or no hash; differs: another finished number, or a fence that is no number;
-- fenced: a later publish has begun.

local call = redis.call
local step, generation, name, number, finished = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local stored = redis.pcall('HMGET', KEYS[1], 'generation', 'view:' .. name, 'fence:' .. name)
if stored.err and not string.find(stored.err, 'WRONGTYPE') then return stored end
if stored[1] ~= generation then return 'lost' end
local fence = tonumber(stored[3] or '0')
if not fence then return 'differs' end

if step == 'begin' then
  if (stored[2] or '0') ~= finished then return 'differs' end
  if fence > tonumber(number) then return 'fenced' end
  call('HSET', KEYS[1], 'fence:' .. name, number)
  return 'ok'
end

if fence > tonumber(number) then return 'fenced' end
-- The answer to the first finish may have been lost.
if stored[2] == number then return 'ok' end
if fence < tonumber(number) or (stored[2] or '0') ~= finished then return 'differs' end
call('HSET', KEYS[1], 'view:' .. name, number)
return 'ok'
