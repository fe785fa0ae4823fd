//! Registrations, a device's own enrollment, and the templates of models.

use bellwether_model::provisioning::{Attestation, EnrollmentGroup, Registration, Standing};
use bellwether_model::template::DeviceTemplate;
use serde_json::json;

use super::*;

const MODEL: &str = "dtmi:com:example:X;1";

fn keys(byte: u8) -> Keys {
    Keys { primary: SymmetricKey::from_bytes(&[byte; 32]), secondary: SymmetricKey::from_bytes(&[byte + 1; 32]) }
}

fn new(keys: Option<(&str, Keys)>, model_id: Option<&str>) -> NewRegistration {
    let keys = keys.map(|(group, keys)| (group.to_owned(), keys));
    NewRegistration { keys, iot_edge: false, model_id: model_id.map(str::to_owned) }
}

impl Bed {
    async fn register(&self, id: &str, now: Time, new: NewRegistration) -> Registered {
        let rule = |_: &Standing| Ok::<_, DeviceError>(new);
        self.store.register_device(&id.parse().unwrap(), now, rule).await.unwrap()
    }

    async fn standing(&self, id: &str) -> Standing {
        self.store.provisioning_standing(&id.parse().unwrap()).await.unwrap()
    }

    async fn template(&self, id: &str, model: &str) {
        let context = json!(["dtmi:iotcentral:context;2", "dtmi:dtdl:context;2"]);
        let model = json!({"@id": model, "@type": "Interface", "@context": context, "contents": []});
        let document = json!({"@type": ["ModelDefinition", "DeviceModel"], "capabilityModel": model});
        let template = DeviceTemplate::new(id, document).unwrap().0;
        self.store.change_records(move |records| records.put(template)).await.unwrap();
    }
}

#[tokio::test]
async fn the_first_groups_are_made_once() {
    let bed = Bed::new(Mode::Threaded);
    let groups = || EnrollmentGroup::first_ones(|| [5; 32]);
    let secret = bed.store.provisioning_secret([1; 32], groups()).await.unwrap();
    let delete = |records: &Records<'_>| records.delete::<EnrollmentGroup>("SAS-IoT-Devices");
    assert!(bed.store.change_records(delete).await.unwrap());
    assert_eq!(bed.store.provisioning_secret([2; 32], groups()).await.unwrap(), secret);
    let left: Vec<_> = bed.standing("nobody").await.groups.into_iter().map(|group| group.id).collect();
    assert_eq!(left, ["SAS-IoT-Edge-Devices"]);
}

#[tokio::test]
async fn registrations() {
    let bed = Bed::new(Mode::Threaded);
    let later = NOW.plus_seconds(5);
    let first = bed.register("a", NOW, new(Some(("g", keys(1))), Some(MODEL))).await;
    assert!(!first.keys_changed && first.device.provisioned);
    assert_eq!((first.device.keys.clone(), first.device.model_id.as_str()), (keys(1), MODEL));
    let again = bed.register("a", later, new(Some(("h", keys(3))), None)).await;
    assert!(again.keys_changed && again.device.etag > first.device.etag);
    assert_eq!(again.device.model_id, MODEL);
    let kept = Registration { created: NOW, updated: later, group: Some("h".to_owned()) };
    assert_eq!(again.registration, kept);
    assert_eq!(bed.standing("a").await.registration, Some(kept));

    // What is refused in the transaction writes nothing.
    let refuse = |_: &Standing| Err::<NewRegistration, _>(DeviceError::Store(StoreError::Closed));
    assert!(bed.store.register_device(&"b".parse().unwrap(), NOW, refuse).await.is_err());
    assert_eq!(bed.standing("b").await.device, None);

    // Keys given on the hub are no group's.
    let settings = DeviceSettings { keys: Some(keys(9)), ..DeviceSettings::default() };
    let id = "a".parse().unwrap();
    bed.store.update_device(&id, settings, IfMatch::Any, later).await.unwrap();
    assert_eq!(bed.standing("a").await.registration.unwrap().group, None);
    // Nothing of a deleted device is left to the next one of its name.
    bed.store.set_attestation(&id, Some(Attestation::SymmetricKey), keys(9)).await.unwrap();
    bed.store.delete_device(&id, IfMatch::Any, later).await.unwrap();
    bed.device("a").await;
    let standing = bed.standing("a").await;
    assert_eq!((standing.individual, standing.registration), (None, None));
}

#[tokio::test]
async fn templates_of_models() {
    let bed = Bed::new(Mode::Threaded);
    bed.template("dtmi:modelDefinition:abc", MODEL).await;
    bed.template("dtmi:com:example:Y;1", "dtmi:other;1").await;
    let template = |seq: DeviceSeq| {
        let store = &bed.store;
        async move {
            let devices = store.devices(10).await.unwrap();
            devices.into_iter().find(|device| device.seq == seq).unwrap().profile.template
        }
    };
    for (id, model, expected) in [
        ("by-model", MODEL, Some("dtmi:modelDefinition:abc")),
        ("by-id", "dtmi:com:example:Y;1", Some("dtmi:com:example:Y;1")),
        ("none", "dtmi:unknown;1", None),
    ] {
        let registered = bed.register(id, NOW, new(Some(("g", keys(1))), Some(model))).await;
        assert_eq!(registered.device.profile.template.as_deref(), expected, "{id}");
    }
    // The same when it connects; a template that it has stays.
    let seq = bed.device("connects").await;
    bed.store.introduce_device(seq, None).await.unwrap();
    assert_eq!(template(seq).await, None);
    bed.store.introduce_device(seq, Some(MODEL.to_owned())).await.unwrap();
    assert_eq!(template(seq).await.as_deref(), Some("dtmi:modelDefinition:abc"));
    bed.store.introduce_device(seq, Some("dtmi:com:example:Y;1".to_owned())).await.unwrap();
    assert_eq!(template(seq).await.as_deref(), Some("dtmi:modelDefinition:abc"));
}

#[tokio::test]
async fn a_devices_own_enrollment() {
    let bed = Bed::new(Mode::Threaded);
    let id: DeviceId = "a".parse().unwrap();
    let set = |attestation, keys| bed.store.set_attestation(&id, attestation, keys);
    assert_eq!(set(Some(Attestation::SymmetricKey), keys(5)).await.unwrap(), None, "there is no device");
    bed.device("a").await;
    assert_eq!(set(None, keys(5)).await.unwrap(), None, "nothing to remove");
    assert_eq!(set(Some(Attestation::SymmetricKey), keys(5)).await.unwrap().unwrap().keys, keys(5));
    assert_eq!(bed.standing("a").await.individual, Some(Attestation::SymmetricKey));
    assert_eq!(set(None, keys(7)).await.unwrap().unwrap().keys, keys(7));
    let standing = bed.standing("a").await;
    assert_eq!((standing.individual, standing.device.unwrap().keys), (None, keys(7)));
}
