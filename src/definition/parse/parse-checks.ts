// Parses the checks of a valid view file: shares become numbers, and defaults are filled in.

import type { Check, SameTime } from '../check.ts';
import type { CheckFile } from '../files/check-file.ts';
import { shareOf } from './share.ts';

const DAY_MS = 86_400_000;
const PSI_MAX = 0.2;
const UNITS_OF_VOLUME = 8;
const UNITS_OF_DRIFT = 28;

export function parseCheck(file: CheckFile, unitMs: number): Check {
  const { on_failure: onFailure } = file;
  const runLevel = onFailure === 'refuse' ? 'fail' : onFailure; // the rules allow `refuse` for conditions only
  const perRow = { atLeast: file.at_least === undefined ? 1 : shareOf(file.at_least) };
  const compared = (units: number) => ({
    onFailure: runLevel,
    comparedTo: file.compared_to ?? units,
    same: file.same ?? sameTimeOf(unitMs),
  });
  if (file.row !== undefined) return { kind: 'row', expression: file.row.trim(), onFailure, ...perRow };
  if (file.matches !== undefined) {
    return { kind: 'matches', pattern: file.matches, feature: file.feature ?? '', onFailure, ...perRow };
  }
  if (file.unique !== undefined) return { kind: 'unique', features: file.unique, onFailure: runLevel, ...perRow };
  if (file.volume !== undefined) {
    return { kind: 'volume', share: shareOf(file.volume), ...compared(UNITS_OF_VOLUME) };
  }
  if (file.drift !== undefined) {
    const features = file.drift === '*' ? null : typeof file.drift === 'string' ? [file.drift] : file.drift;
    return { kind: 'drift', features, psi: file.psi ?? PSI_MAX, ...compared(UNITS_OF_DRIFT) };
  }
  const { min = null, max = null } = file.entities ?? {};
  return { kind: 'entities', min, max, onFailure: runLevel };
}

function sameTimeOf(unitMs: number): SameTime {
  if (unitMs < DAY_MS) return 'week_hour';
  return unitMs === DAY_MS ? 'weekday' : 'any';
}
