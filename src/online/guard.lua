-- One batch of rows of one view, all or nothing as far as anyone can see (DESIGN 8). May be sent again.
--
-- KEYS  1 the sentinel, then one key per row; no key twice
-- ARGV  1 generation   2 the sentinel's field for the view's fence   3 publish number   4 mode   5 life of a tombstone, ms
--       6 how many features, n   then their n names
--       then per row: event time (µs)   expiry (ms since the epoch; '' never; '-' the row is to be removed)   n values
--       A value of one U+0000, which no real value holds, is null.
-- Modes guarded: only over a row that is not newer
--       forced:  whatever is stored, because offline lost rows of these entities
--       rebuilt: as forced, and expiries are set anew, because the definition may have changed
-- Returns { status, written, unchanged, older, refused, removed }; a status other than ok wrote nothing:
--       lost: this is not the store that the publish began with   fenced: a later publish of the view has begun
--
-- Every publish number from 1 and every time from 1900 to 2200 in µs is exact in a double.

local call = redis.call
local sentinel = call('HMGET', KEYS[1], 'generation', ARGV[2])
local number = tonumber(ARGV[3])
if sentinel[1] ~= ARGV[1] then return { 'lost', 0, 0, 0, 0, 0 } end
if tonumber(sentinel[2] or '0') > number then return { 'fenced', 0, 0, 0, 0, 0 } end

local guarded = ARGV[4] == 'guarded'
local forced = ARGV[4] == 'forced'
local rebuilt = ARGV[4] == 'rebuilt'
local features = tonumber(ARGV[6])
local wanted = { '_rev', '_ts' }
for i = 1, features do wanted[i + 2] = ARGV[6 + i] end

local written, unchanged, older, refused, removed = 0, 0, 0, 0, 0

local function bury(key)
  call('DEL', key)
  call('HSET', key, '_rev', ARGV[3])
  call('PEXPIRE', key, ARGV[5])
end

local function expire(key, expiry)
  if expiry == '' then call('PERSIST', key) else call('PEXPIREAT', key, expiry) end
end

local function write(key, at, present, inPlace)
  local cells, used = { key, '_ts', ARGV[at], '_rev', ARGV[3] }, 5
  for i = 1, features do
    local value = ARGV[at + 1 + i]
    if value ~= '\0' then
      cells[used + 1] = wanted[i + 2]
      cells[used + 2] = value
      used = used + 2
    end
  end
  -- Writing over a hash of the very same fields replaces all of it, and is cheaper than beginning with an empty one.
  if present and not inPlace then call('DEL', key) end
  call('HSET', unpack(cells, 1, used))
  if inPlace or ARGV[at + 1] ~= '' then expire(key, ARGV[at + 1]) end
end

local at = 7 + features
for k = 2, #KEYS do
  local key, time, expiry = KEYS[k], ARGV[at], ARGV[at + 1]
  local stored = call('HMGET', key, unpack(wanted))
  local present = stored[1]
  if present and tonumber(present) > number then
    refused = refused + 1
  elseif guarded and stored[2] and tonumber(time) < tonumber(stored[2]) then
    older = older + 1
  elseif expiry == '-' then
    if stored[2] then
      bury(key)
      removed = removed + 1
    else
      if forced then bury(key) end
      unchanged = unchanged + 1
    end
  else
    local same, full, fields = stored[2] == time, stored[2], 2
    for i = 1, features do
      local value = ARGV[at + 1 + i]
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
      write(key, at, present, fits)
      written = written + 1
    end
  end
  at = at + 2 + features
end
return { 'ok', written, unchanged, older, refused, removed }
