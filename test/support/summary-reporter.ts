// The last lines of a test run, for readers that read nothing else: the failed tests, then `123 passed, 1 failed`.

import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** `failed: FILE > TEST: MESSAGE`, one line. */
const failure = (module: TestModule, name: string, message: string | undefined) =>
  `failed: ${relative(process.cwd(), module.moduleId)} > ${name}: ${(message ?? 'not run').split('\n', 1)[0]?.slice(0, 300)}`;

export default class SummaryReporter implements Reporter {
  #passed = 0;
  #failures: string[] = [];

  onInit(): void {
    // Only after all other reporters have finished, for example about servers that did not start.
    process.once('exit', (code) => {
      const failures =
        code !== 0 && this.#failures.length === 0 ? [`failed: the test run ended with code ${code}`] : this.#failures;
      const lines = failures.map((line) => `${line}\n`).join('');
      writeSync(1, `\n${lines}\n${this.#passed} passed, ${failures.length} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })));
    this.#passed = tests.filter(({ test }) => test.result().state === 'passed').length;
    this.#failures = [
      ...tests
        .filter(({ test }) => ['failed', 'pending'].includes(test.result().state))
        .map(({ module, test }) => failure(module, test.fullName, test.result().errors?.[0]?.message)),
      // Errors outside of tests (a hook, a file that does not load, an unhandled rejection) fail the run as well.
      ...modules.flatMap((module) =>
        [...module.children.allSuites()]
          .filter((suite) => suite.errors().length > 0)
          .map((suite) => failure(module, suite.fullName, suite.errors()[0]?.message)),
      ),
      ...modules
        .filter((module) => module.errors().length > 0)
        .map((module) => failure(module, 'outside of its tests', module.errors()[0]?.message)),
      ...unhandled.map((error) => `failed: outside of all tests: ${error.message.split('\n', 1)[0]}`),
    ];
  }
}
