//! The calls of a method job to one device: one after another.

use std::sync::Arc;
use std::time::Duration;

use bellwether_model::job::{CallTimes, Job, Success};
use bellwether_model::method::{MethodAnswer, MethodCall};
use bellwether_model::{DeviceSeq, Time};
use futures::future::BoxFuture;

use crate::{CallError, World};

/// What became of a device's calls.
pub(crate) type Call = BoxFuture<'static, Answered>;

/// What became of a device's calls.
pub(crate) struct Answered {
    pub device: DeviceSeq,
    /// In the order of the calls.
    pub answers: Vec<MethodAnswer>,
    /// Of these calls.
    pub times: Vec<CallTimes>,
    /// Why the call after them has none.
    pub error: Option<CallError>,
}

/// What a job calls on each device.
pub(crate) struct Calls {
    world: World,
    calls: Arc<[Arc<MethodCall>]>,
    success: Success,
    deadline: Option<Time>,
}

impl Calls {
    pub fn new(world: &World, job: &Job, calls: &[MethodCall]) -> Calls {
        Calls {
            world: world.clone(),
            calls: calls.iter().cloned().map(Arc::new).collect(),
            success: job.spec.success,
            deadline: job.deadline,
        }
    }

    /// Calls one device, up to the first call that fails by the job's rule of success. Each call has its response
    /// timeout, but none goes on after the deadline.
    pub fn send(&self, device: DeviceSeq) -> Call {
        let (world, calls) = (self.world.clone(), Arc::clone(&self.calls));
        let (success, deadline) = (self.success, self.deadline);
        Box::pin(async move {
            let (mut answers, mut times) = (Vec::with_capacity(calls.len()), Vec::with_capacity(calls.len()));
            for call in calls.iter() {
                let timeout = Duration::from_secs(call.response_timeout.into());
                let begun = world.clock.now();
                let timeout = match deadline {
                    Some(deadline) => timeout.min(Duration::from_micros(deadline.micros_since(begun))),
                    None => timeout,
                };
                match world.port.call(device, Arc::clone(call), timeout).await {
                    Ok(answer) => {
                        let failed = match success {
                            Success::Answered => false,
                            Success::Status2xx => answer.is_rejection(),
                        };
                        answers.push(answer);
                        times.push(CallTimes { begun, answered: world.clock.now() });
                        if failed {
                            break;
                        }
                    }
                    Err(error) => return Answered { device, answers, times, error: Some(error) },
                }
            }
            Answered { device, answers, times, error: None }
        })
    }
}
