-- Of a committed run whose changed rows alone need be published: the view's newest commit before it, as the id of its
-- event. Null where its whole span is published, and before the commit.
alter table millrace.run add column changes_after bigint;
