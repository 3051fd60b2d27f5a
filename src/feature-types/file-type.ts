// The types of columns in the files of a training set.

export type FileType =
  | 'bigint'
  | 'double'
  | 'decimal'
  | 'boolean'
  | 'timestamp'
  | 'timestamptz'
  | 'date'
  | 'varchar'
  | 'double[]';
