export const jobs = {
  "jobs.new": "New job",
} as const;
