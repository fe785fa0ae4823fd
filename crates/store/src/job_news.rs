//! Who wants to know when a job moves: told after the commit, in this process.

use std::collections::BTreeMap;

use bellwether_model::JobKey;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Listeners by job. A job that nobody listens to costs one look-up a transaction, and loses its place when somebody
/// begins to listen: there are never more places than there were listeners at once.
#[derive(Default)]
pub(crate) struct JobNews(Mutex<BTreeMap<JobKey, watch::Sender<()>>>);

impl JobNews {
    /// Changes when the job has moved. Many moves may be one change.
    pub fn listen(&self, job: JobKey) -> watch::Receiver<()> {
        let mut listeners = self.0.lock();
        // A job that has ended is not told of any more.
        listeners.retain(|_, sender| !sender.is_closed());
        listeners.entry(job).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    /// The job has moved, and that is on disk.
    pub fn tell(&self, job: JobKey) {
        let mut listeners = self.0.lock();
        if listeners.get(&job).is_some_and(|sender| sender.send(()).is_err()) {
            // The last one went.
            listeners.remove(&job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_hear_of_their_job_and_leave_nothing_behind() {
        let news = JobNews::default();
        let (mut one, mut other) = (news.listen(JobKey(1)), news.listen(JobKey(2)));
        news.tell(JobKey(1));
        news.tell(JobKey(1));
        assert!(one.has_changed().unwrap() && !other.has_changed().unwrap());
        one.borrow_and_update();
        assert!(!one.has_changed().unwrap());
        drop(one);
        news.tell(JobKey(1));
        assert_eq!(news.0.lock().len(), 1);
        news.tell(JobKey(2));
        assert!(other.has_changed().unwrap());
        other.borrow_and_update();
    }

    #[test]
    fn jobs_that_ended_leave_nothing_behind() {
        let news = JobNews::default();
        let heard = news.listen(JobKey(0));
        for key in 1..100 {
            news.listen(JobKey(key));
        }
        assert_eq!(news.0.lock().len(), 2, "who listens, and the last one that went");
        drop(heard);
    }
}
