-- The feature that a view reads from the column `value`; null if there is none. An edit that gives this column to another feature renames
-- columns of the offline table. With this, a statement notices that they are no longer those of the definition that it is made of.
-- It is generated, so that it is right whichever release stores the definition.
alter table millrace.view add column value_feature text generated always as
  (jsonb_path_query_first(spec->'features', '$[*] ? (@.column == "value").name') #>> '{}') stored;

-- The query column of each cell of a waiting row, in the order of `columns`; null in entries of earlier releases. After an edit, a feature
-- finds its cell by its column, as in the offline table.
alter table millrace.inbox add column cell_columns text[];
