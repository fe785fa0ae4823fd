'use strict';
// Runs the test files under node's own runner, each in a process of its own that trusts the tests' CA: node reads
// NODE_EXTRA_CA_CERTS only when it starts, so the CA has to be there before. A server that runs for a moment makes it;
// the servers of the test files are given the same CA and issue themselves a certificate from it.
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {Hub} = require('./harness.js');

const AT_ONCE = 3; // most of the time a test file waits
const FILE_TIMEOUT_MS = 150_000;

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bellwether-node-ca-'));
  let child;
  const stop = () => child?.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const tls = path.join(folder, 'tls');
    const first = new Hub({});
    await first.start();
    fs.cpSync(path.join(first.data, 'tls'), tls, {recursive: true});
    await first.close();

    const files = process.argv.slice(2).map((f) => path.resolve(f));
    if (files.length === 0) {
      // The longest first, so that nothing is left to wait for alone.
      const long = ['jobs.test.js', 'sessions.test.js', 'job-life.test.js'];
      const rank = (f) => (long.indexOf(f) + 1) || 99;
      const all = fs.readdirSync(__dirname).filter((f) => f.endsWith('.test.js'));
      files.push(...all.sort((a, b) => rank(a) - rank(b)).map((f) => path.join(__dirname, f)));
    }
    child = spawn(process.execPath, [
      '--test', `--test-concurrency=${AT_ONCE}`, `--test-timeout=${FILE_TIMEOUT_MS}`, '--test-reporter=spec', ...files,
    ], {
      cwd: __dirname,
      env: {...process.env, NODE_EXTRA_CA_CERTS: path.join(tls, 'ca.pem'), BELLWETHER_TESTS_TLS: tls},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let tail = '';
    child.stdout.on('data', (chunk) => {
      process.stdout.write(chunk);
      tail = (tail + chunk).slice(-100_000);
    });
    const code = await new Promise((resolve) => child.on('close', (c) => resolve(c ?? 1)));
    // eslint-disable-next-line no-control-regex
    const plain = tail.replace(/\x1b\[[0-9;]*m/g, '');
    const count = (name) => Number(plain.match(new RegExp(`^\\S+ ${name} (\\d+)$`, 'm'))?.[1] ?? 0);
    const failed = count('fail') + count('cancelled') || (code === 0 ? 0 : 1);
    console.log(`${count('pass')} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    fs.rmSync(folder, {recursive: true, force: true});
  }
}

main().catch((error) => {
  console.error(error);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
});
