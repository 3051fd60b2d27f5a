-- The feature that a view reads from the column `value`; null if there is none. An edit that gives this column to another feature renames
-- columns of the offline table. With this, a statement notices that they are no longer those of the definition that it is made of.
alter table millrace.view add column value_feature text;
update millrace.view v set value_feature = (
  select f->>'name' from jsonb_array_elements(v.spec->'features') f where f->>'column' = 'value' limit 1);

-- The query column of each cell of a waiting row, in the order of `columns`; null in entries of earlier releases. After an edit, a feature
-- finds its cell by its column, as in the offline table.
alter table millrace.inbox add column cell_columns text[];
