import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the server; its certificate is of its own authority, so it is not checked. */
const server = process.env["BELLWETHER_URL"] ?? "https://localhost:8443";

export default defineConfig({
  base: "/console/",
  // The server puts a fresh nonce in its place with every answer (see README, "Content security policy").
  html: { cspNonce: "__CSP_NONCE__" },
  plugins: [react()],
  server: { proxy: { "/api": { target: server, secure: false } } },
  build: {
    target: "es2023",
    // An asset as a `data:` address would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Parts that change at different times, so that an update leaves the others in the browser's cache.
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler)\// },
            {
              name: "tanstack",
              test: /node_modules\/@tanstack\/(react-router|router-core|history|react-store|store|react-query|query-core)\//,
            },
          ],
        },
      },
    },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
