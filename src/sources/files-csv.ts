// csv files as a table of text. Every file's columns are taken by the names in its own header, in whatever order. A field
// that is empty without quotes is null; "" is the empty text.

import { Failure, messageOf } from '../core/failure.ts';
import { readCsvHeader } from './csv-header.ts';
import {
  commonColumns,
  FILE_COLUMN,
  fileList,
  quotedName,
  quotedText,
  type TableFile,
  type TextTable,
} from './files-table.ts';

const DIALECT = `auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', nullstr = '',
  allow_quoted_nulls = false, strict_mode = true, null_padding = false, hive_partitioning = false`;

/** The table of the files. @throws Failure FILE_BROKEN for one without a usable header. */
export async function csvTable(files: readonly TableFile[]): Promise<TextTable> {
  const headed: HeadedFile[] = [];
  for (const file of files) headed.push({ ...file, columns: await headerOf(file) });
  const { columns, partial } = commonColumns(headed);
  const selects = sameHeaders(headed).map((group) => {
    const fields = (group[0]?.columns ?? []).map((name) => `${quotedText(name)}: 'VARCHAR'`).join(', ');
    const reader = `read_csv(${fileList(group)}, columns = {${fields}}, ${DIALECT}, filename = ${quotedText(FILE_COLUMN)})`;
    return `select ${[...columns, FILE_COLUMN].map(quotedName).join(', ')} from ${reader}`;
  });
  return { sql: selects.join('\n union all '), columns, partial };
}

type HeadedFile = TableFile & { readonly columns: readonly string[] };

async function headerOf(file: TableFile): Promise<readonly string[]> {
  let header: Awaited<ReturnType<typeof readCsvHeader>>;
  try {
    header = await readCsvHeader(file.path);
  } catch (error) {
    header = { problem: `cannot be read (${messageOf(error)})` };
  }
  if ('problem' in header) throw new Failure('FILE_BROKEN', `${file.name} ${header.problem}.`, { file: file.name });
  return header;
}

/** Neighbours with the same header together, so that the rows stay in the order of the files. */
function sameHeaders(files: readonly HeadedFile[]): HeadedFile[][] {
  const groups: HeadedFile[][] = [];
  for (const file of files) {
    const group = groups.at(-1);
    const isSame = JSON.stringify(group?.[0]?.columns) === JSON.stringify(file.columns);
    if (isSame) group?.push(file);
    else groups.push([file]);
  }
  return groups;
}
