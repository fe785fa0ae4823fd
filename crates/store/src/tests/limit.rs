//! The limit on devices.

use super::*;

fn new(id: &str) -> NewDevice {
    let key = SymmetricKey::from_bytes(&[1; 32]);
    NewDevice {
        id: id.parse().unwrap(),
        settings: DeviceSettings::default(),
        profile: DeviceProfile::default(),
        fresh_keys: Keys { primary: key.clone(), secondary: key },
    }
}

impl Bed {
    /// Makes a device: `Some` with the numbers where it would be one too many.
    async fn make(&self, id: &str) -> Option<(u64, u64)> {
        match self.store.create_device(new(id), NOW).await {
            Ok(_) => None,
            Err(DeviceError::TooMany(limit)) => Some((limit.wanted, limit.most)),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn as_many_devices_as_are_allowed() {
    for mode in [Mode::Inline, Mode::Threaded] {
        let bed = Bed::new(mode);
        for id in ["a", "b", "c"] {
            assert_eq!(bed.make(id).await, None, "no limit unless it is set");
        }
        bed.store.delete_device(&"a".parse().unwrap(), IfMatch::Any, NOW).await.unwrap();
        // Those that are there count, those that are gone do not.
        bed.store.limit_devices(Some(3)).await.unwrap();
        assert_eq!(bed.make("d").await, None);
        assert_eq!(bed.make("e").await, Some((4, 3)));
        assert!(matches!(bed.store.create_device(new("d"), NOW).await, Err(DeviceError::AlreadyExists)));
        let (id, etag) = ("b".parse().unwrap(), IfMatch::OneOf(vec!["other".to_owned()]));
        assert!(bed.store.delete_device(&id, etag, NOW).await.is_err());
        assert_eq!(bed.make("e").await, Some((4, 3)), "nothing was deleted");
        bed.store.delete_device(&id, IfMatch::Any, NOW).await.unwrap();
        assert_eq!(bed.make("b").await, None);
        assert_eq!(bed.make("e").await, Some((4, 3)));
        // Another limit, below what there is, and none.
        bed.store.limit_devices(Some(1)).await.unwrap();
        assert_eq!(bed.make("e").await, Some((4, 1)));
        bed.store.limit_devices(None).await.unwrap();
        assert_eq!(bed.make("e").await, None);
        bed.store.limit_devices(Some(4)).await.unwrap();
        assert_eq!(bed.make("f").await, Some((5, 4)));
    }
}

#[tokio::test]
async fn a_device_that_was_taken_back_does_not_count() {
    let bed = Bed::new(Mode::Threaded);
    bed.store.limit_devices(Some(1)).await.unwrap();
    // Made and taken back with its transaction, alone and among others.
    let failing = || {
        bed.store.interactive(|connection| {
            crate::devices::create(connection, new("a"), NOW)?;
            Err::<(), _>(DeviceError::NotFound)
        })
    };
    for _ in 0..3 {
        assert!(matches!(failing().await, Err(DeviceError::NotFound)));
        let both = futures_join([failing(), failing(), failing()].into_iter()).await;
        assert!(both.iter().all(|result| matches!(result, Err(DeviceError::NotFound))), "{both:?}");
    }
    assert_eq!(bed.make("a").await, None);
    assert_eq!(bed.make("b").await, Some((2, 1)));
}
