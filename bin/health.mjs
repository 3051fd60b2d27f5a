// The health check of the container image, which has neither curl nor wget: exits with 0 if the given address responds with
// 200 within a few seconds.

const TIMEOUT_MS = 4_000;
const address = process.argv[2] ?? 'http://127.0.0.1:8080/health/ready';

try {
  const answer = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 500)}`);
} catch (error) {
  process.stderr.write(`${address}: ${error.message}\n`);
  process.exitCode = 1;
}
