-- Whether a query about some rows of a table runs without an error in their data, such as a division by zero.
-- The rows are those from one place to another; the query may also use a pattern. It runs with the privileges of the caller.
create function millrace.can_evaluate(query text, first tid, last tid, pattern text) returns boolean
language plpgsql as $$
begin
  execute query using first, last, pattern;
  return true;
exception when data_exception then
  return false;
end
$$;
