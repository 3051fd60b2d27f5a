-- Recognizes the files of a build. Its id does not: each database counts its builds from 1. A build that replaces another one in
-- the same place has the same token, because it owns the files that are there.
alter table millrace.dataset_build add column token text not null default gen_random_uuid()::text;

-- One build per place, whichever set it makes: two would overwrite each other's files.
update millrace.dataset_build b set state = 'replaced', ended_at = millrace.now()
 where state = 'running' and exists (
   select from millrace.dataset_build newer where newer.target = b.target and newer.state = 'running' and newer.id > b.id);
drop index millrace.dataset_build_running;
create unique index dataset_build_running on millrace.dataset_build (target) where state = 'running';
