/** The steps of the wizard, in their order. */
export const STEPS = ["configure", "delivery", "schedule", "review"] as const;
export type Step = (typeof STEPS)[number];

export function isStep(value: unknown): value is Step {
  return STEPS.some((step) => step === value);
}
