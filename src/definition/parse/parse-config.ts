// Parses millrace.yaml into the project's configuration.

import { parseDuration } from '../../core/duration.ts';
import { Failure } from '../../core/failure.ts';
import type { ProjectConfig, SourceConfig } from '../config.ts';
import { apiProblems, parseApi } from '../connections/api-config.ts';
import { dashboardProblems, parseDashboard } from '../connections/dashboard-config.ts';
import { headerProblems, headersOf } from '../connections/headers.ts';
import { redisUrl } from '../connections/redis-url.ts';
import { serverAddress } from '../connections/server-url.ts';
import type { ConfigFile } from '../files/config-file.ts';
import { urlProblem, variablesOf } from '../rules/url-rules.ts';
import type { UrlText } from '../url-text.ts';
import type { KeyPath, Problem } from '../yaml/problem.ts';
import { isMap, type YamlFile } from '../yaml/yaml-file.ts';
import { parseAlerts } from './parse-alerts.ts';

/** The configuration of a valid file. */
export function parseConfig(file: ConfigFile, yaml: YamlFile): ProjectConfig {
  const url = (text: string, path: KeyPath): UrlText => ({
    text,
    file: yaml.file,
    line: yaml.problemAt(path, '').line ?? 1,
  });
  const sources = Object.entries(file.sources).map(([name, source]): [string, SourceConfig] => [
    name,
    {
      url: url(source.url, ['sources', name, 'url']),
      ...headersOf(source, (written, key) => url(written, ['sources', name, ...key])),
      statementTimeoutMs: parseDuration(source.statement_timeout) ?? 0,
      connectTimeoutMs: parseDuration(source.connect_timeout) ?? 0,
      idleTimeoutMs: parseDuration(source.idle_timeout) ?? 0,
      poolMax: source.pool_max,
      memoryLimitMb: source.memory_limit_mb,
      fileLimitMb: source.file_limit_mb,
      fileRowsMax: source.file_rows_max,
      decompressionRatioMax: source.decompression_ratio_max,
      ...(source.dialect === undefined ? {} : { dialect: source.dialect }),
      ...(source.read_with === 'cursor' ? { readWith: source.read_with } : {}),
      ...(source.fallback === undefined ? {} : { fallback: source.fallback }),
    },
  ]);
  return {
    offline: { url: url(file.offline.url, ['offline', 'url']) },
    online: {
      url: url(file.online.url, ['online', 'url']),
      prefix: file.online.prefix,
      ...(file.online.rows_per_second === undefined ? {} : { rowsPerSecond: file.online.rows_per_second }),
    },
    queue: { url: url(file.queue.url, ['queue', 'url']), prefix: file.queue.prefix },
    sources: Object.fromEntries(sources),
    spool: { folder: file.spool.folder ?? null, limitMb: file.spool.limit_mb },
    retentionMs: file.retention === undefined ? null : parseDuration(file.retention),
    ...(file.alerts === undefined ? {} : { alerts: parseAlerts(file.alerts, url) }),
    ...(file.api === undefined ? {} : { api: parseApi(file.api, url) }),
    ...(file.dashboard === undefined ? {} : { dashboard: parseDashboard(file.dashboard, url) }),
  };
}

/** The problems in millrace.yaml that its schema does not find. */
export function configProblems(yaml: YamlFile): Problem[] {
  const sources = yaml.value['sources'];
  const paths = [
    ...['offline', 'online', 'queue'].map((store) => [store, 'url']),
    ...(isMap(sources) ? Object.keys(sources).map((name) => ['sources', name, 'url']) : []),
  ];
  const urls = paths.flatMap((path) => {
    const text = valueAt(yaml.value, path);
    const wrong = typeof text !== 'string' || text.trim() === '' ? null : (urlProblem(text) ?? serverUrlProblem(text));
    return wrong === null ? [] : [yaml.problemAt(path, `\`${path.join('.')}\`: ${wrong}`)];
  });
  return [...urls, ...headerProblems(yaml), ...apiProblems(yaml), ...dashboardProblems(yaml)];
}

/** The problem of a literal URL of a database. URLs with variables are checked when they are resolved. */
function serverUrlProblem(text: string): string | null {
  if (variablesOf(text).length > 0) return null;
  try {
    serverAddress(text, '');
    redisUrl(text, '');
    return null;
  } catch (error) {
    if (error instanceof Failure) return error.message.replace(/^: |\.$/g, '');
    throw error;
  }
}

function valueAt(map: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (isMap(value) ? value[key] : undefined), map);
}
