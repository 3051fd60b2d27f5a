// Ends with 0 when the address given answers 200 within a few seconds: the health check of the container, which has
// neither curl nor wget.

const PATIENCE_MS = 4_000;
const address = process.argv[2] ?? 'http://127.0.0.1:8080/health/ready';

try {
  const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
} catch (error) {
  process.stderr.write(`${address}: ${error.message}\n`);
  process.exitCode = 1;
}
