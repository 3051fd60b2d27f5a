// A measured number with its bound; a missed bound ends the bench with exit code 1.

export type Bound = { readonly unit: string } & ({ readonly atLeast: number } | { readonly atMost: number });

/** Prints `PASS 34.1 units/s (at least 20): what`. */
export function report(what: string, value: number, bound: Bound): void {
  const isKept = 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost;
  const limit = 'atLeast' in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
  process.stdout.write(`${isKept ? 'PASS' : 'MISS'} ${value.toFixed(2)} ${bound.unit} (${limit}): ${what}\n`);
  if (!isKept) process.exitCode = 1;
}
