//! The results log of a job: CSV or NDJSON, streamed, at any time.
