-- The fields and values of the sentinel in turn, or 'unreadable' where its key is of another type: KEYS 1 the sentinel.

local found = redis.pcall('HGETALL', KEYS[1])
if found.err and string.find(found.err, 'WRONGTYPE') then return 'unreadable' end
return found
