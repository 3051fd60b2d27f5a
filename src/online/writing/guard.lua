-- One batch of rows of one view, all or nothing as far as anyone can see (docs/architecture/stores.md). May be sent again.
--
-- KEYS  1 the sentinel, then one key per row; no key twice
-- ARGV  1 generation   2 the sentinel's field for the view's fence   3 publish number   4 greatest number that can be stored
--       5 mode   6 life of a tombstone, ms   7 'expiries' where rows have one, else ''   8 how many features, n
--       then their n names, then per row: event time (µs)
--       expiry (ms since the epoch; '' never; '-' the row is to be removed; left out where no row of the batch has one)
--       n values
--       A value of one U+0000, which no real value holds, is null.
-- Modes guarded: only over a row that is not newer
--       present: as guarded, but only over a row, because these rows may not be the newest of their entities: where a key
--                holds none, or cannot be read, nothing is written, and the row's place in the batch is returned
--       forced:  replaces any row, because offline lost rows of these entities
--       rebuilt: as forced, and expiries are set again, because the definition may have changed
-- Returns { status, written, unchanged, older, refused, removed, greatest refused number, places of undecided rows }; a
-- status other than ok wrote nothing:
--       lost: this is not the store that the publish began with   fenced: a later publish of the view has begun
--
-- An unreadable key is replaced in every mode: one of another type, one without a publish number, or
-- one whose number or time is none, or none that a publish can have written.
-- Every publish number from 1 and every time from 1900 to 2200 in µs is exact in a double.

local call, try = redis.call, redis.pcall
local number, number_max = tonumber(ARGV[3]), tonumber(ARGV[4])
local sentinel = try('HMGET', KEYS[1], 'generation', ARGV[2])
if sentinel.err and not string.find(sentinel.err, 'WRONGTYPE') then return sentinel end
local fence = tonumber(sentinel[2] or '0')
if sentinel[1] ~= ARGV[1] or not fence then return { 'lost', 0, 0, 0, 0, 0, 0, {} } end
if fence > number then return { 'fenced', 0, 0, 0, 0, 0, 0, {} } end

local forced = ARGV[5] == 'forced'
local rebuilt = ARGV[5] == 'rebuilt'
local present = ARGV[5] == 'present'
local guarded = present or ARGV[5] == 'guarded'
local has_expiries, features = ARGV[7] == 'expiries', tonumber(ARGV[8])
-- From a row's event time to the argument before its first value, and to the next row.
local lead = has_expiries and 1 or 0
local stride = 1 + lead + features
local wanted = { '_rev', '_ts' }
for i = 1, features do wanted[i + 2] = ARGV[8 + i] end

local time_min, time_max = -2208988800000000, 7258118400000000

local written, unchanged, older, refused, removed, refused_number, undecided = 0, 0, 0, 0, 0, 0, {}

local function bury(key)
  call('DEL', key)
  call('HSET', key, '_rev', ARGV[3])
  call('PEXPIRE', key, ARGV[6])
end

local function expire(key, expiry)
  if expiry == '' then call('PERSIST', key) else call('PEXPIREAT', key, expiry) end
end

local cells = { '', '_ts', '', '_rev', ARGV[3] }
local function set(key, at)
  cells[1], cells[3] = key, ARGV[at]
  local used = 5
  for i = 1, features do
    local value = ARGV[at + lead + i]
    if value ~= '\0' then
      cells[used + 1], cells[used + 2] = wanted[i + 2], value
      used = used + 2
    end
  end
  call('HSET', unpack(cells, 1, used))
end

local function write(key, at, expiry, occupied, in_place)
  -- Writing over a hash of the very same fields replaces all of it, and is cheaper than beginning with an empty one.
  if occupied and not in_place then call('DEL', key) end
  set(key, at)
  if in_place or expiry ~= '' then expire(key, expiry) end
end

local first = 9 + features

-- One look at all keys of the batch costs a tenth of reading each. Where none exists, none need be read.
if call('EXISTS', unpack(KEYS, 2)) == 0 then
  local at = first
  for k = 2, #KEYS do
    local key, expiry = KEYS[k], has_expiries and ARGV[at + 1] or ''
    if expiry == '-' then
      if forced then bury(key) end
      unchanged = unchanged + 1
    elseif present then
      undecided[#undecided + 1] = k - 2
    else
      write(key, at, expiry, false, false)
      written = written + 1
    end
    at = at + stride
  end
  return { 'ok', written, unchanged, 0, 0, 0, 0, undecided }
end

-- Whether there is no key, or a hash without any of our fields, which looks the same.
local function is_absent(stored)
  if stored.err then return false end
  for i = 1, features + 2 do
    if stored[i] then return false end
  end
  return true
end

local at = first
for k = 2, #KEYS do
  local key, time, expiry = KEYS[k], ARGV[at], has_expiries and ARGV[at + 1] or ''
  local stored = try('HMGET', key, unpack(wanted))
  local digits, row, ours = stored[1], stored[2], nil
  local rev = digits and string.find(digits, '^%d+$') and tonumber(digits)
  local row_time = row and tonumber(row)
  if rev and rev <= number_max then
    -- What is no number, nan among it, compares as neither.
    ours = not row or row_time and row_time >= time_min and row_time <= time_max and row_time % 1 == 0
  else
    if stored.err and not string.find(stored.err, 'WRONGTYPE') then return stored end
    rev, ours = nil, not stored[1] and not row and is_absent(stored)
  end
  if not ours then row = nil end
  if ours and rev and rev > number then
    refused = refused + 1
    refused_number = math.max(refused_number, rev)
  elseif present and not row and not (ours and expiry == '-') then
    undecided[#undecided + 1] = k - 2
  elseif guarded and row and tonumber(time) < row_time then
    older = older + 1
  elseif expiry == '-' then
    if row or not ours then
      bury(key)
      removed = removed + 1
    else
      if forced then bury(key) end
      unchanged = unchanged + 1
    end
  else
    local same, full, fields = row == time, row, 2
    for i = 1, features do
      local value = ARGV[at + lead + i]
      full = full and stored[i + 2]
      if value == '\0' then
        same = same and not stored[i + 2]
      else
        fields = fields + 1
        same = same and stored[i + 2] == value
      end
    end
    -- A hash of another length holds a field that this row lacks; one that has them all, and no more, is replaced in place.
    local fits = (same or full and fields == features + 2) and call('HLEN', key) == fields
    if same and fits then
      if rebuilt then expire(key, expiry) end
      unchanged = unchanged + 1
    else
      -- A hash with other fields alone shows only here; a rebuild replaces it.
      write(key, at, expiry, rev or rebuilt or not ours, fits)
      written = written + 1
    end
  end
  at = at + stride
end
return { 'ok', written, unchanged, older, refused, removed, refused_number, undecided }
