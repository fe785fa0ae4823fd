//! The last values of what devices send (device-protocol §3.1, §10).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bellwether_model::Time;
use bellwether_model::identity::Device;
use support::Hub;
use tempfile::TempDir;

async fn last(hub: &Hub, device: &Device, component: Option<&str>, name: &str) -> Option<String> {
    let value = hub.engine.last_value(device.seq, component, name).await.unwrap();
    value.and_then(|value| value.json).map(String::from)
}

#[tokio::test]
async fn the_last_values_are_kept_over_a_restart() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let before = hub.engine.now();
    let mut client = hub.online(&device, &[]).await;
    let events = "devices/dev-01/messages/events/";
    for (bag, qos, body) in [
        ("", 0, r#"{"t":20.0,"state":"on","at":{"lat":1,"lon":2}}"#),
        ("%24.ct=application%2Fjson&%24.ce=utf-8", 1, r#"{"t":21.50}"#),
        ("%24.sub=fan", 1, r#"{"t":99}"#),
        ("%24.ct=text%2Fplain", 1, r#"{"t":1}"#),
        ("", 1, "t=1"),
        ("iothub-creation-time-utc=2020-04-16T03%3A24%3A44.84Z", 1, r#"{"t":2,"buffered":3}"#),
    ] {
        client.publish(&format!("{events}{bag}"), qos, body).await;
        if qos == 1 {
            client.puback().await;
        }
    }
    // Everything before the answer to this was taken.
    client.silent().await;
    let check = async |hub: &Hub| {
        assert_eq!(last(hub, &device, None, "t").await.as_deref(), Some("21.50"));
        assert_eq!(last(hub, &device, None, "at").await.as_deref(), Some(r#"{"lat":1,"lon":2}"#));
        assert_eq!(last(hub, &device, None, "state").await.as_deref(), Some("\"on\""));
        assert_eq!(last(hub, &device, Some("fan"), "t").await.as_deref(), Some("99"));
        assert_eq!(last(hub, &device, Some("fan"), "state").await, None);
        let buffered = hub.engine.last_value(device.seq, None, "buffered").await.unwrap().unwrap();
        assert_eq!(buffered.time, "2020-04-16T03:24:44.84Z".parse::<Time>().unwrap());
        let arrived = hub.engine.last_value(device.seq, None, "t").await.unwrap().unwrap().time;
        assert!(before <= arrived && arrived <= hub.engine.now(), "without a time of its own, when it arrived");
    };
    check(&hub).await;
    hub.stop().await;

    let hub = Hub::start(&directory).await;
    check(&hub).await;
    let mut client = hub.online(&device, &[]).await;
    client.publish(events, 1, r#"{"t":5}"#).await;
    client.puback().await;
    client.silent().await;
    assert_eq!(last(&hub, &device, None, "t").await.as_deref(), Some("5"), "what is live lies over what is kept");
    assert_eq!(last(&hub, &device, None, "state").await.as_deref(), Some("\"on\""));
    hub.stop().await;
}

#[tokio::test]
async fn a_device_that_is_made_again_has_none() {
    let directory = TempDir::new().unwrap();
    let hub = Hub::start(&directory).await;
    let device = hub.device("dev-01").await;
    let mut client = hub.online(&device, &[]).await;
    client.publish("devices/dev-01/messages/events/", 1, r#"{"t":5}"#).await;
    client.puback().await;
    client.silent().await;
    hub.engine.delete_device(&device.id, bellwether_model::identity::IfMatch::Any).await.unwrap();
    client.closed().await;
    let again = hub.device("dev-01").await;
    assert_eq!(last(&hub, &again, None, "t").await, None);
    hub.stop().await;

    let hub = Hub::start(&directory).await;
    assert_eq!(last(&hub, &device, None, "t").await, None, "nothing of a deleted device is written down");
    hub.stop().await;
}
