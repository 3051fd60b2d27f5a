// The settings of each statement, so that rows do not depend on the profile of the user.

/** Ends a result. No row contains it: a backslash in a value is written as two. */
export const RESULT_END = String.raw`\E`;

/** Tab-separated rows after a line with names and a line with types. Unlike TabSeparated, it can mark the end of the result. */
const FORMAT = 'CustomSeparatedWithNamesAndTypes';
/** How long the server waits for a slow consumer, in addition to the statement timeout. */
const SEND_GRACE_SECONDS = 60;

const OVERFLOWS = [
  'timeout_overflow_mode',
  'result_overflow_mode',
  'read_overflow_mode',
  'read_overflow_mode_leaf', // of the servers behind a distributed table
  'group_by_overflow_mode',
  'sort_overflow_mode',
  'distinct_overflow_mode',
  'set_overflow_mode',
  'join_overflow_mode',
  'transfer_overflow_mode',
];

/**
 * readonly 2: only reads, and the query may change other settings. Limits and servers that do not respond fail the query
 * instead of silently shortening the result.
 * Times are ISO text in UTC, which is unique even for columns with another zone.
 */
export function settingsOf(statementTimeoutMs: number): Readonly<Record<string, string | number>> {
  const seconds = Math.ceil(statementTimeoutMs / 1000);
  return {
    default_format: FORMAT,
    readonly: 2,
    cancel_http_readonly_queries_on_client_close: 1,
    wait_end_of_query: 0,
    max_execution_time: statementTimeoutMs / 1000,
    timeout_before_checking_execution_speed: 0, // otherwise the server also stops queries that it expects to take longer
    send_timeout: seconds + SEND_GRACE_SECONDS,
    http_send_timeout: seconds + SEND_GRACE_SECONDS,
    limit: 0,
    offset: 0,
    extremes: 0,
    ...Object.fromEntries(OVERFLOWS.map((mode) => [mode, 'throw'])),
    count_distinct_implementation: 'uniqExact',
    join_default_strictness: 'ALL',
    aggregate_functions_null_for_empty: 0,
    transform_null_in: 0,
    decimal_check_overflow: 1,
    skip_unavailable_shards: 0,
    use_query_cache: 0, // its results may be old
    session_timezone: 'UTC',
    date_time_output_format: 'iso',
    bool_true_representation: 'true',
    bool_false_representation: 'false',
    format_tsv_null_representation: String.raw`\N`,
    format_custom_escaping_rule: 'Escaped',
    format_custom_field_delimiter: '\t',
    format_custom_row_before_delimiter: '',
    format_custom_row_after_delimiter: '\n',
    format_custom_row_between_delimiter: '',
    format_custom_result_before_delimiter: '',
    format_custom_result_after_delimiter: RESULT_END,
  };
}
