import type { Schemas } from "../../../api/client";
import type { Translate } from "../../../texts/catalogue";
import type { Formats } from "../../../texts/formats";

/** What the delivery options come to, in plain words: how many batches of how many, and what ends it. */
export function deliverySentences(
  preview: Schemas["JobPreview"],
  t: Translate,
  { number }: Formats,
): string[] {
  const { devices, batches, batchSize, lastBatchSize, failuresBorne, perBatch } = preview;
  if (devices === 0) return [t("wizard.sentence.nobody")];
  return [
    batches <= 1
      ? t("wizard.sentence.atOnce", { count: devices })
      : batchSize === lastBatchSize
        ? t("wizard.sentence.batches", { count: batches, size: number(batchSize) })
        : t("wizard.sentence.unequal", {
            count: batches - 1,
            size: number(batchSize),
            last: number(lastBatchSize),
          }),
    failuresBorne === undefined || failuresBorne === null
      ? t("wizard.sentence.never")
      : perBatch
        ? t("wizard.sentence.stopsInBatch", { count: failuresBorne })
        : t("wizard.sentence.stops", { count: failuresBorne }),
  ];
}
