// The built console as the program will serve it: index.html for every address of the page, with a fresh nonce each
// time, under a content security policy without any 'unsafe-…'.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export function policy(nonce) {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** Serves the folder `root` at /console on a free port of this machine; `wrongNonce` breaks the page on purpose. */
export async function serve(root, { wrongNonce = false } = {}) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://localhost").pathname.replace(/^\/console\/?/, "");
    const isFile = path !== "" && extname(path) !== "";
    try {
      let body = await readFile(join(root, normalize(isFile ? `/${path}` : "/index.html")));
      const headers = {
        "Content-Type": TYPES[extname(isFile ? path : "index.html")] ?? "application/octet-stream",
      };
      if (!isFile) {
        const nonce = randomBytes(16).toString("base64");
        body = body.toString().replaceAll("__CSP_NONCE__", wrongNonce ? "wrong" : nonce);
        headers["Content-Security-Policy"] = policy(nonce);
        headers["Cache-Control"] = "no-store";
      }
      response.writeHead(200, headers).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/console`, close: () => server.close() };
}
