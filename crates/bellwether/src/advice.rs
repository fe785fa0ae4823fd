//! What to do when a hub cannot be reached or says no.

use hyper::StatusCode;

use crate::rest::{Broken, ClientError};

/// Words for the person at the terminal, when there is something that helps.
pub fn on(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::Link { broken, .. } => on_link(*broken),
        ClientError::Refused { status, code, .. } => {
            code.as_deref().and_then(on_code).or_else(|| on_status(*status, code.is_some()))
        }
        ClientError::Timeout { .. } => Some("The server may be busy or out of reach; what was asked may have happened"),
        ClientError::Unexpected(_) => None,
    }
}

fn on_link(broken: Broken) -> Option<&'static str> {
    Some(match broken {
        Broken::Name => {
            "No address is known for this host: look at HostName in the connection string. \
             `bellwether connection --data DIR` prints that of a server on this machine"
        }
        Broken::Refused => {
            "Nobody listens there: is the server running, and is this its port? \
             A port other than 443 stands in the connection string as HostName=host:port"
        }
        Broken::Certificate => {
            "The server's certificate is not trusted: give --ca FILE with the CA that signed it \
             (a Bellwether server keeps its own in tls/ca.pem of its data folder), \
             or --data DIR for a server on this machine"
        }
        Broken::Other => return None,
    })
}

/// The symbols of iot-hub §6.2 that a client meets.
fn on_code(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "DeviceNotFound" => "`bellwether device list` shows the devices there are; ids are case-sensitive",
        "DeviceAlreadyExists" => "`bellwether device show` shows it, `bellwether device update` changes it",
        "DeviceNotOnline" => {
            "The device is not connected, or does not take methods now: --connect-timeout SECONDS waits for it, \
             a job (`bellwether job create method`) waits until its deadline"
        }
        "GatewayTimeout" => "The device took the call and did not answer in time: --timeout SECONDS waits longer",
        "JobNotFound" => "`bellwether job list` shows the jobs there are",
        "JobAlreadyExists" => "Give the new job another --id, or none to have one made",
        "OperationNotAllowedInCurrentState" => "`bellwether job show` says how the job stands",
        "PreconditionFailed" => "It was changed meanwhile: look at it again, or leave --etag out to write over it",
        "IotHubUnauthorizedAccess" | "IotHubUnauthorized" | "GenericUnauthorized" => UNAUTHORIZED,
        "ThrottlingException" | "ThrottlingBacklogTimeout" | "GenericTooManyRequests" => THROTTLED,
        "ThrottlingMaxActiveJobCountExceeded" => {
            "Another job is running: try again when `bellwether job list` shows it ended"
        }
        _ => return None,
    })
}

const UNAUTHORIZED: &str = "The connection string's policy or key is wrong for this hub, or its policy may not do this \
    (devices need RegistryRead and RegistryWrite; twins, methods and queries ServiceConnect). \
    `bellwether connection --data DIR` prints the one of a server on this machine";
const THROTTLED: &str = "The hub lets nobody ask so often: try again in a minute";

fn on_status(status: StatusCode, from_hub: bool) -> Option<&'static str> {
    match status {
        StatusCode::UNAUTHORIZED => Some(UNAUTHORIZED),
        StatusCode::TOO_MANY_REQUESTS => Some(THROTTLED),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED if !from_hub => {
            Some("Is this a hub? HostName in the connection string must name one")
        }
        StatusCode::SERVICE_UNAVAILABLE => Some("The server is starting or stopping: try again in a moment"),
        _ => None,
    }
}
