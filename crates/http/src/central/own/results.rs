//! The results log of a job: CSV or NDJSON, streamed, at any time.
//!
//! It is read in short windows by ordinal, each when the one before was taken, so that it costs the same memory however
//! long it is, holds no read transaction, and ends when the client goes away. Of a job that runs, every device is shown
//! as it stood when its window was read.

use std::sync::Arc;

use axum::body::Body;
use bellwether_engine::{CHOSEN_MAX, Engine};
use bellwether_model::job::Success;
use bellwether_model::twin::path::TwinPath;
use bellwether_model::{JobKey, Time};
use bellwether_store::{DeviceResult, ResultFilter, ResultView};
use bytes::Bytes;
use futures::stream;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::call::{Answer, Call};
use super::super::error::CentralError;
use super::super::jobs;
use super::device_jobs::{self, DeviceJobStatus, OutcomeClass};
use super::result_filter;
use super::spreadsheet::guarded;

/// Devices in one window. Tests have few devices.
const WINDOW: usize = if cfg!(test) { 3 } else { 1000 };

/// What the log says of a device. The columns of the CSV have the same names and order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    device_id: String,
    device_name: String,
    status: DeviceJobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<OutcomeClass>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Box<RawValue>>,
    /// In the CSV a column each, behind the others.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "by_name")]
    columns: Vec<(String, Option<Box<RawValue>>)>,
}

fn by_name<S: Serializer>(columns: &[(String, Option<Box<RawValue>>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(columns.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))))
}

/// Devices whose results are asked for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResultsOf {
    /// Their ids, at most 100,000; each must be in the job.
    pub devices: Vec<String>,
}

/// The columns of the CSV.
pub(crate) const COLUMNS: [&str; 10] = [
    "deviceId",
    "deviceName",
    "status",
    "class",
    "errorCode",
    "errorMessage",
    "started",
    "finished",
    "responseStatus",
    "response",
];

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Ndjson,
}

/// `GET /jobs/{jobId}/results`: the file is named after the job and the time.
pub(crate) async fn download(call: Call) -> Result<Answer, CentralError> {
    log(call, |filter| filter).await
}

/// `POST /jobs/{jobId}/results`: the same of the devices that the body names.
pub(crate) async fn download_of(call: Call) -> Result<Answer, CentralError> {
    let ResultsOf { devices } = call.json()?;
    if devices.len() > CHOSEN_MAX {
        return Err(CentralError::unprocessable(format!("devices may name at most {CHOSEN_MAX} devices")));
    }
    let job = jobs::of_either_face(&call).await?;
    let places = call.engine().store().job_places(job.key, devices).await?;
    let places = places.map_err(|id| CentralError::unprocessable(format!("devices: {id:?} is not in the job")))?;
    log(call, |filter| ResultFilter { among: Some(places.into()), ..filter }).await
}

async fn log(call: Call, narrow: impl FnOnce(ResultFilter) -> ResultFilter) -> Result<Answer, CentralError> {
    let job = jobs::of_either_face(&call).await?;
    let (format, media, ending) = match call.query.get("format") {
        None | Some("csv") => (Format::Csv, "text/csv; charset=utf-8; header=present", "csv"),
        Some("ndjson") => (Format::Ndjson, "application/x-ndjson", "ndjson"),
        Some(_) => return Err(CentralError::bad_request("format must be csv or ndjson")),
    };
    let filter = narrow(result_filter::read(&call.query, job.spec.success)?);
    let columns = device_jobs::columns(&call.query)?;
    let log = Log {
        engine: Arc::clone(call.engine()),
        job: job.key,
        success: job.spec.success,
        view: Arc::new(ResultView { scope: call.scope.clone(), filter, columns, answers: true }),
        format,
        next: Some(0),
    };
    let name = file_name(job.spec.id.as_str(), call.engine().now(), ending);
    let body = Body::from_stream(stream::try_unfold(log, Log::window));
    Ok(Answer::stream(media, body).into_file(&name))
}

/// `{job}-results-{time}.{ending}`; what is not for every file system's taste in a job's id is written as `_`.
fn file_name(job: &str, now: Time, ending: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let job: String = job.chars().map(plain).collect();
    let time = now.to_string();
    let seconds = time.split_once(['.', 'Z']).map_or(time.as_str(), |(seconds, _)| seconds);
    format!("{job}-results-{}Z.{ending}", seconds.replace(['-', ':'], ""))
}

/// A log that is being sent.
struct Log {
    engine: Arc<Engine>,
    job: JobKey,
    success: Success,
    view: Arc<ResultView>,
    format: Format,
    /// The first ordinal that was not looked at; `None` at the end.
    next: Option<u64>,
}

impl Log {
    /// The next bytes; `None` at the end. A failure ends the connection in the middle of the body, so that no client
    /// takes a part for the whole.
    async fn window(mut self) -> Result<Option<(Bytes, Log)>, CentralError> {
        while let Some(from) = self.next {
            let read = self.engine.store().job_results(self.job, Arc::clone(&self.view), from, WINDOW).await;
            let window = read.inspect_err(|error| tracing::warn!(%error, "a results log ends early"))?;
            if from > 0 && window.event == 0 {
                // What was kept for long enough goes also while somebody reads it.
                return Err(CentralError::not_found("job with this id any more"));
            }
            self.next = window.next;
            let bytes = match self.format {
                Format::Csv => self.csv(window.results, from == 0)?,
                Format::Ndjson => self.ndjson(window.results)?,
            };
            if !bytes.is_empty() {
                return Ok(Some((bytes.into(), self)));
            }
        }
        Ok(None)
    }

    fn csv(&self, results: Vec<DeviceResult>, with_header: bool) -> Result<Vec<u8>, CentralError> {
        let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if with_header {
            let further = self.view.columns.iter().map(|path| guarded(path.as_str()).into_owned());
            out.write_record(COLUMNS.map(str::to_owned).into_iter().chain(further))?;
        }
        for result in results {
            let line = Line::of(result, self.success, &self.view.columns)?;
            let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default()).into_owned();
            for cell in [
                guarded(&line.device_id).as_ref(),
                &guarded(&line.device_name),
                &word(&line.status)?,
                &line.class.as_ref().map(word).transpose()?.unwrap_or_default(),
                &text(&line.error_code),
                &text(&line.error_message),
                line.started.as_deref().unwrap_or_default(),
                line.finished.as_deref().unwrap_or_default(),
                &line.response_status.map(|status| status.to_string()).unwrap_or_default(),
                &guarded(line.response.as_deref().map_or("", RawValue::get)),
            ] {
                out.write_field(cell)?;
            }
            for (_, value) in &line.columns {
                out.write_field(guarded(&plain(value.as_deref())?).as_ref())?;
            }
            out.write_record(None::<&[u8]>)?;
        }
        out.into_inner().map_err(|error| CentralError::internal(error.error()))
    }

    fn ndjson(&self, results: Vec<DeviceResult>) -> Result<Vec<u8>, CentralError> {
        let mut out = Vec::new();
        for result in results {
            serde_json::to_writer(&mut out, &Line::of(result, self.success, &self.view.columns)?)?;
            out.push(b'\n');
        }
        Ok(out)
    }
}

impl Line {
    fn of(result: DeviceResult, success: Success, columns: &[TwinPath]) -> Result<Line, CentralError> {
        // Of a device that is not seen there are none.
        let values = result.columns.into_iter().chain(std::iter::repeat(None));
        let columns = columns.iter().zip(values);
        let columns = columns
            .map(|(path, value)| Ok((path.as_str().to_owned(), value.map(RawValue::from_string).transpose()?)))
            .collect::<Result<_, CentralError>>()?;
        let (error_code, error_message) = result.error.unzip();
        Ok(Line {
            device_name: result.display_name.unwrap_or_else(|| result.id.clone()),
            device_id: result.id,
            status: DeviceJobStatus::of(result.state, success),
            class: OutcomeClass::of(result.state),
            error_code,
            error_message,
            started: result.started.map(|time| time.to_string()),
            finished: result.finished.map(|time| time.to_string()),
            response_status: result.status,
            response: result.answer.map(RawValue::from_string).transpose()?,
            columns,
        })
    }
}

/// A value for people: text without quotation marks, everything else as JSON.
fn plain(value: Option<&RawValue>) -> Result<String, CentralError> {
    let json = value.map_or("", RawValue::get);
    if json.starts_with('"') { Ok(serde_json::from_str(json)?) } else { Ok(json.to_owned()) }
}

/// The word of a status or class as in the bodies.
fn word(value: &impl Serialize) -> Result<String, CentralError> {
    Ok(serde_json::to_string(value)?.trim_matches('"').to_owned())
}

impl From<csv::Error> for CentralError {
    fn from(error: csv::Error) -> CentralError {
        CentralError::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        let now = Time(1_795_176_000_123_000);
        assert_eq!(file_name("job-005", now, "csv"), "job-005-results-20261120T120000Z.csv");
        assert_eq!(file_name("a\"b/c", Time(1_795_176_000_000_000), "ndjson"), "a_b_c-results-20261120T120000Z.ndjson");
    }
}
