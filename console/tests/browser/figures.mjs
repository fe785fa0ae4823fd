// Figures of the console in Chromium: frames a second and memory while a million rows scroll, and how long an outcome
// takes from the disk to the screen while a job writes as fast as it can; and how long the jobs page takes to be ready with
// many jobs behind it. `node tests/browser/figures.mjs [devices] [jobs]`, after both builds (README).
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { eventually, startServer } from "./server.mjs";
import { serve } from "./static.mjs";

const devices = Number(process.argv[2] ?? 100_000);
const jobs = Number(process.argv[3] ?? 10_000);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--enable-precise-memory-info"],
});
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const at = (numbers, share) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

async function heap(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "JSHeapUsedSize").value / 1024 / 1024;
}

/** Scrolls by `step` px a frame for `ms`; gives the time of each frame in ms. */
function scroll(page, step, ms) {
  return page.getByRole("grid").evaluate(
    (grid, [step, ms]) =>
      new Promise((resolve) => {
        const frames = [];
        let last = performance.now();
        const end = last + ms;
        const frame = (now) => {
          frames.push(now - last);
          last = now;
          if (now > end) return resolve(frames);
          grid.scrollBy(0, step);
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
    [step, ms],
  );
}

/** A template that can be set to an interval. */
const withInterval = (name) => ({
  "@type": ["ModelDefinition", "DeviceModel"],
  displayName: name,
  capabilityModel: {
    "@id": `dtmi:acme:${name.toLowerCase()}:model;1`,
    "@type": "Interface",
    contents: [{ "@type": "Property", name: "interval", schema: "integer", writable: true }],
  },
});

/** Makes jobs on one device, so many side by side, and waits until they have ended. */
async function seedJobs(server) {
  const template = "dtmi:acme:clock;1";
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(template)}`, withInterval("Clock"));
  await server.api("PUT", "/devices/clock", { template });
  await server.api("PUT", "/deviceGroups/one", {
    displayName: "One clock",
    filter: `SELECT * FROM devices WHERE $template = "${template}"`,
  });
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < jobs; n = next++) {
      await server.api("PUT", `/jobs/seed-${n}`, {
        displayName: `Job ${n}`,
        group: "one",
        data: [{ type: "property", target: template, path: "interval", value: n }],
      });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await eventually(
    "the jobs have ended",
    async () => (await server.api("GET", "/jobs?status=pending,running&maxpagesize=1")).value.length === 0,
    { within: 600_000, every: 500 },
  );
}

/**
 * Ms from the navigation until rows are there and nothing held the page up for 50 ms or more in the half second after. The
 * browser's cache is empty the first time.
 */
async function timeToInteractive(page, address) {
  await page.goto("about:blank");
  await page.goto(address);
  await page
    .getByRole("link", { name: /^Job \d+$/u })
    .first()
    .waitFor();
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const there = performance.now();
        let last = 0;
        new window.PerformanceObserver((list) => {
          for (const { startTime, duration } of list.getEntries())
            last = Math.max(last, startTime + duration);
        }).observe({ type: "longtask", buffered: true });
        const look = () => {
          if (performance.now() - Math.max(last, there) > 500) resolve(Math.max(last, there));
          else setTimeout(look, 50);
        };
        look();
      }),
  );
}

const site = await serve(fileURLToPath(new URL("../../dist-gallery", import.meta.url)));
const gallery = await browser.newPage();
await gallery.goto(`${site.url}/gallery`);
await gallery.getByRole("grid").getByText("device-0000000").waitFor();
for (const step of [40, 400, 4000]) {
  const frames = await scroll(gallery, step, 5_000);
  const sum = frames.reduce((a, b) => a + b, 0);
  console.log(
    `1,000,000 rows, ${step} px a frame: ${((1000 * frames.length) / sum).toFixed(1)} frames/s, 99th ${at(frames, 0.99).toFixed(1)} ms, heap ${(await heap(gallery)).toFixed(1)} MB`,
  );
}
await gallery.close();
site.close();

const server = await startServer();
try {
  const template = "dtmi:acme:meter;1";
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(template)}`, withInterval("Meter"));
  for (let from = 0; from < devices; from += 10_000) {
    const ids = Array.from(
      { length: Math.min(10_000, devices - from) },
      (_, n) => `meter-${String(from + n).padStart(7, "0")}`,
    );
    await server.text(
      "POST",
      `/deviceImport?template=${encodeURIComponent(template)}`,
      `IOTC_DEVICEID\n${ids.join("\n")}\n`,
    );
  }
  await server.api("PUT", "/deviceGroups/meters", {
    displayName: "Meters",
    filter: `SELECT * FROM devices WHERE $template = "${template}"`,
  });
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
  });
  await context.addCookies([server.cookie]);
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.told = [];
    window.shown = [];
    window.frames = [];
    const add = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (name, listener) {
      add.call(this, name, (event) => {
        if (name === "job") {
          const { last, time } = JSON.parse(event.data);
          window.told.push([last, Date.parse(time), Date.now()]);
        }
        listener(event);
      });
    };
    document.addEventListener("DOMContentLoaded", () => {
      const look = () => {
        window.frames.push(performance.now());
        const number = Number(document.querySelector("[data-testid=run]")?.dataset.eventNumber);
        if (number && window.shown.at(-1)?.[0] !== number) window.shown.push([number, Date.now()]);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  });
  // Waits for its first batch, so that the page is there when it begins.
  await server.api("PUT", "/jobs/figures", {
    group: "meters",
    data: [{ type: "property", target: template, path: "interval", value: 5 }],
    batch: { type: "number", value: 1000 },
  });
  await page.goto(`${server.origin}/console/jobs/instances/figures`);
  await page
    .locator("[data-testid=run][data-connection=ended]")
    .waitFor({ state: "attached", timeout: 300_000 });
  const { told, shown, frames } = await page.evaluate(() => ({
    told: window.told,
    shown: window.shown,
    frames: window.frames,
  }));
  const job = await server.api("GET", "/jobs/figures");
  const delays = told.flatMap(([number, disk]) => {
    const seen = shown.find(([shown]) => shown >= number);
    return seen ? [seen[1] - disk] : [];
  });
  const seconds = (Date.parse(job.end) - Date.parse(job.start)) / 1000;
  const gaps = frames.slice(1).map((now, n) => now - frames[n]);
  console.log(
    `${devices} outcomes in ${seconds.toFixed(1)} s (${Math.round(devices / seconds)} a second), ${told.length} events: disk to screen median ${median(delays)} ms, 95th ${at(delays, 0.95)} ms, worst ${Math.max(...delays)} ms; longest frame ${Math.max(...gaps).toFixed(0)} ms, heap ${(await heap(page)).toFixed(1)} MB`,
  );
  const scrolled = await scroll(page, 400, 5_000);
  const sum = scrolled.reduce((a, b) => a + b, 0);
  console.log(
    `its ${devices} rows, 400 px a frame: ${((1000 * scrolled.length) / sum).toFixed(1)} frames/s, 99th ${at(scrolled, 0.99).toFixed(1)} ms, heap ${(await heap(page)).toFixed(1)} MB`,
  );
  await seedJobs(server);
  for (const [name, path] of [
    ["overview", "/jobs"],
    ["history", "/jobs?view=history"],
    ["history of thirty days by name", "/jobs?view=history&since=30d&sort=displayName"],
  ]) {
    const fresh = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 800 },
    });
    await fresh.addCookies([server.cookie]);
    const page = await fresh.newPage();
    const first = await timeToInteractive(page, `${server.origin}/console${path}`);
    const again = [];
    for (let n = 0; n < 5; n++) again.push(await timeToInteractive(page, `${server.origin}/console${path}`));
    console.log(
      `jobs page with ${jobs} jobs, ${name}: ready after ${first.toFixed(0)} ms with an empty cache, ${median(again).toFixed(0)} ms after that`,
    );
    await fresh.close();
  }
} finally {
  await server.stop();
  await browser.close();
}
