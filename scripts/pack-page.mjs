// pack-page.mjs FOLDER: packs every text below FOLDER once more as `.br` and `.gz`, so that the server never has to.
// The page itself is not packed: each answer of it has another nonce.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(js|css|svg|json|map|txt|woff)$/;

for (const entry of readdirSync(process.argv[2], { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !TEXT.test(file)) continue;
  const content = readFileSync(file);
  const packed = {
    br: brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
    gz: gzipSync(content, { level: 9 }),
  };
  for (const [extension, bytes] of Object.entries(packed)) {
    if (bytes.length < content.length) writeFileSync(`${file}.${extension}`, bytes);
  }
}
