-- Which runs have read files for a part of a view's time, however many runs it has had since.
create index run_of_files_by_span on millrace.run using gist (int8range(view_id, view_id, '[]'), span)
  where files_digest is not null or without_files;
