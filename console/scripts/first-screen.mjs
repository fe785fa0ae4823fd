// What a browser loads before the first screen stands, in gzip; ends with status 1 when it is over the limit.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 350 * 1024;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Set(["index.html", "theme.js", "favicon.svg"]);
const visit = (name) => {
  const { file, css = [], imports = [] } = manifest[name];
  if (files.has(file)) return;
  for (const part of [file, ...css]) files.add(part);
  imports.forEach(visit);
};
visit("index.html");
// The first screen is the list of jobs, a chunk of its own.
visit("src/screens/jobs/JobsScreen.tsx");

let sum = 0;
for (const file of files) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  sum += size;
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KB  ${file}`);
}
console.log(`${(sum / 1024).toFixed(1).padStart(8)} KB  first screen, of at most ${LIMIT / 1024}`);
if (sum > LIMIT) {
  console.error("The first screen is too large: load what it does not need with the screen that does");
  process.exit(1);
}
