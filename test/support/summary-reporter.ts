// The last line of a test run, for readers that read nothing else: `123 passed, 0 failed`.

import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  #passed = 0;
  #failed = 0;

  onInit(): void {
    // Only after all other reporters have finished, for example about servers that did not start.
    process.once('exit', (code) => {
      const failed = code !== 0 && this.#failed === 0 ? 1 : this.#failed;
      writeSync(1, `\n${this.#passed} passed, ${failed} failed\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    // Errors outside of tests (a file that does not load, an unhandled rejection) fail the run as well.
    const broken = unhandled.length + modules.filter((module) => module.errors().length > 0).length;
    this.#passed = states.filter((state) => state === 'passed').length;
    this.#failed = states.filter((state) => state === 'failed' || state === 'pending').length + broken;
  }
}
