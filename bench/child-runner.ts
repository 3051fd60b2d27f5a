// Runs the program that its arguments name, until that ends, or the process that started this one.

import { pathToFileURL } from 'node:url';

process.stdin.resume().once('close', () => process.exit(1));
// The program finds its arguments where it expects them.
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? '').href);
