import type { RowRange } from "../grid/windows";

export interface SampleRow {
  readonly id: string;
  readonly site: string;
  readonly status: "complete" | "failed" | "pending";
  readonly attempts: number;
}

const STATUS = ["complete", "complete", "complete", "failed", "pending"] as const;

/** Rows made from their index, after a delay as of a server. */
export async function sampleRange(
  total: number,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<RowRange<SampleRow>> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, 50);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });
  const rows = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, n): SampleRow => {
    const index = offset + n;
    return {
      id: `device-${String(index).padStart(7, "0")}`,
      site: `Site ${index % 17}`,
      status: STATUS[index % STATUS.length] ?? "pending",
      attempts: 1 + (index % 3),
    };
  });
  return { rows, total };
}
