//! Devices from a file, while others change what it needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulation;

use bellwether_engine::{ImportLine, ImportPlace, Settings};
use bellwether_model::access::Scope;
use bellwether_model::template::DeviceTemplate;
use bellwether_store::{AuditFilter, NewAuditEntry, Records, StoreError};
use simulation::{Sim, device_id};

const TEMPLATE: &str = "dtmi:acme:pump;1";

#[test]
fn what_was_made_before_a_failure_is_told() {
    let sim = Sim::new(Settings::default());
    sim.keep_template(TEMPLATE);
    let engine = sim.engine();
    let store = engine.store();
    // More than one transaction takes.
    let line = |n: u64| Ok(ImportLine { line: n + 2, id: format!("d{n}"), ..ImportLine::default() });
    let place = ImportPlace { template: Some(TEMPLATE.to_owned()), organization: None };
    let entry = NewAuditEntry::of_system("import", "device", String::new(), String::new());
    let entry = Some(NewAuditEntry { id: None, ..entry });
    let import = engine.import_devices((0..10_500).map(line).collect(), place, Scope::Everything, false, entry);
    let take_away = async {
        while store.device(&device_id("d0")).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
        let delete = |records: &Records<'_>| records.delete::<DeviceTemplate>(TEMPLATE).map(|_| ());
        store.change_records::<_, StoreError, _>(delete).await.unwrap();
    };
    let (report, ()) = sim.block_on(async { tokio::join!(import, take_away) });
    let report = report.unwrap();
    assert!((500..10_500).contains(&report.created) && report.created % 500 == 0, "{}", report.created);
    assert_eq!((report.faulty, report.faults[0].line), (1, report.created + 2));
    let rule = format!("there is no device template {TEMPLATE:?}; the first {} devices", report.created);
    assert!(report.faults[0].rule.contains(&rule), "{:?}", report.faults);
    let made = sim.block_on(store.devices(100_000)).unwrap().len();
    assert_eq!(made as u64, report.created);
    let filter = AuditFilter { scope: Scope::Everything, since: None, until: None, actor: None, kind: None, id: None };
    let log = sim.block_on(store.audit_page(filter, None, 10)).unwrap().entries;
    let details: Vec<String> = log.into_iter().filter_map(|entry| entry.detail).collect();
    let told = |count: u64| format!("{count} of the 10500 devices of a file");
    assert_eq!(details, [told(report.created), told(500)]);
}
