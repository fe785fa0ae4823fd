//! The audit log's entries beside what they tell of.

use super::*;

fn put(id: &str) -> NewAuditEntry {
    NewAuditEntry {
        actor: "policy:test".to_owned(),
        actor_name: None,
        action: AuditAction::Put,
        kind: "device".into(),
        id: Some(id.to_owned()),
        place: AuditPlace::OfThing,
        address: None,
        detail: None,
        rerun_of: None,
    }
}

impl Bed {
    /// `action id` of each entry, the oldest first.
    async fn audited(&self) -> Vec<String> {
        let filter =
            AuditFilter { scope: Scope::Everything, actor: None, kind: None, id: None, since: None, until: None };
        let page = self.store.audit_page(filter, None, 100).await.unwrap();
        page.entries.iter().rev().map(|entry| format!("{} {}", entry.action, entry.id.as_deref().unwrap())).collect()
    }
}

#[tokio::test]
async fn an_entry_is_in_the_transaction_of_its_change() {
    let bed = Bed::new(Mode::Inline);
    // The machine stops after the first commit: the change and its entry are both in it.
    bed.store.crash_after(1);
    let (_, left) = bed.store.noting(put("a"), NOW, bed.device("a")).await;
    assert_eq!(left, Noted::Written);
    assert_eq!(bed.audited().await, ["create a"]);
    // And without that commit there is neither.
    let patch = TwinChange::merge_from_body(r#"{"tags":{"x":1}}"#).unwrap();
    let id = "a".parse().unwrap();
    let work = bed.store.change_twin(&id, &Scope::Everything, patch, IfMatch::Any, NOW);
    let (done, _) = bed.store.noting(put("a"), NOW, work).await;
    assert!(done.is_err());
    assert_eq!(bed.audited().await, ["create a"]);
}

#[tokio::test]
async fn an_entry_waits_for_the_thing_it_tells_of() {
    for mode in [Mode::Inline, Mode::Threaded] {
        let bed = Bed::new(mode);
        let two = async {
            bed.device("a").await;
            assert!(bed.audited().await.is_empty());
            bed.device("b").await;
            assert_eq!(bed.audited().await, ["create b"]);
            bed.device("c").await;
        };
        assert_eq!(bed.store.noting(put("b"), NOW, two).await.1, Noted::Written);
        assert_eq!(bed.audited().await, ["create b"], "once");
        // Nothing changed: it is handed back.
        let (id, patch) = ("none".parse().unwrap(), TwinChange::merge_from_body("{}").unwrap());
        let failing = bed.store.change_twin(&id, &Scope::Everything, patch, IfMatch::Any, NOW);
        let (done, left) = bed.store.noting(put("b"), NOW, failing).await;
        assert!(done.is_err());
        assert_eq!(left, Noted::Left(Box::new(put("b"))));
        assert_eq!(bed.audited().await, ["create b"]);
    }
}
