//! Who tried passwords, and from where users signed in.

use bellwether_model::guesses::Guesses;
use bellwether_model::ids::UserId;

use super::*;

#[tokio::test]
async fn tries_and_places_go_when_they_do_not_matter_any_more() {
    let bed = Bed::new(Mode::Inline);
    let ada: UserId = "ada".parse().unwrap();
    let key = Guesses::key_of_email("Nobody@example.com");
    assert_eq!(key, Guesses::key_of_email("nobody@EXAMPLE.com"));
    let one = Guesses { tries: 1, since: NOW, closed_until: Time(0) };
    let (user, later) = (ada.clone(), NOW.plus_seconds(60));
    let write = move |records: &Records<'_>| {
        records.signed_in_at(&user, "192.0.2.1", NOW)?;
        records.signed_in_at(&user, "192.0.2.2", later)?;
        records.put_guesses_at(&user, "192.0.2.2", &one)?;
        // No place where the user never was.
        records.put_guesses_at(&user, "192.0.2.3", &one)?;
        records.put_guesses_for(key, &one)
    };
    bed.store.change_records::<_, StoreError, _>(write).await.unwrap();
    let seen = async || {
        let user = ada.clone();
        let read = move |records: &Records<'_>| {
            let mut tries = Vec::new();
            for place in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
                tries.push(records.guesses_at(&user, place, NOW)?.map(|guesses| guesses.tries));
            }
            let later = records.guesses_at(&user, "192.0.2.1", later)?;
            Ok((tries, later.is_some(), records.guesses_for(key)?.tries))
        };
        bed.store.read_records(read).await.unwrap()
    };
    assert_eq!(seen().await, (vec![Some(0), Some(1), None], false, 1));
    let purge = async |time, now| assert!(!bed.store.purge_guesses(time, now).await.unwrap());
    purge(NOW, NOW.plus_seconds(899)).await;
    assert_eq!(seen().await, (vec![Some(0), Some(1), None], false, 1));
    purge(later, NOW.plus_seconds(900)).await;
    assert_eq!(seen().await, (vec![None, Some(1), None], false, 0));
    let user = ada.clone();
    let delete = move |records: &Records<'_>| records.delete_password(&user);
    bed.store.change_records::<_, StoreError, _>(delete).await.unwrap();
    assert_eq!(seen().await, (vec![None, None, None], false, 0));
}
