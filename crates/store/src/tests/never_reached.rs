//! Devices to which nothing was sent, in a database of a program that did not count them.

use super::*;

#[tokio::test]
async fn are_counted_when_the_program_is_new() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.db");
    let mut connection = rusqlite::Connection::open(&path).unwrap();
    migrations::migrations::runner().set_target(refinery::Target::Version(10)).run(&mut connection).unwrap();
    let spec = r#"{"id":"j","target":{"condition":"*","device_ids":null},"action":{"InvokeMethods":[]},
                   "start":null,"lifetime":60,"owner":"test","keep_previous":true}"#;
    let insert =
        "INSERT INTO job (key, id, type, face, state, success, created, start, began, next_ordinal, events, targets,
                                   succeeded, failed, running, cancelled, rest, kind, owner, spec)
                  VALUES (?1, 'j' || ?1, 0, 0, 3, 0, 5, 5, 5, 0, 1, 10, 0, ?2, 0, ?3, ?4, 5, 'test', ?5)";
    for (key, failed, cancelled, rest) in
        [(1, 3, 7, Some(8)), (2, 10, 0, Some(4)), (3, 10, 0, None), (4, 0, 10, Some(8))]
    {
        connection.execute(insert, rusqlite::params![key, failed, cancelled, rest, spec]).unwrap();
    }
    let lost = "the connection was lost after the call was sent";
    let rows = [
        (1, 1, 4, "DeviceNotOnline", "the device was not connected when its turn came"),
        (1, 2, 4, "DeviceNotOnline", lost),
        (1, 3, 3, "GatewayTimeout", "x"),
        // The deadline of the second gave eight of its devices what they have.
        (2, 1, 3, "GatewayTimeout", "x"),
        (2, 2, 4, "DeviceNotOnline", lost),
        (3, 1, 5, "DeviceNotFound", lost),
    ];
    let insert =
        "INSERT INTO device_job (job, device, state, created, updated, code, detail) VALUES (?1, ?2, ?3, 8, 9, ?4, ?5)";
    for row in rows {
        connection.execute(insert, row).unwrap();
    }
    drop(connection);

    let store = Store::open(&path, Mode::Inline).unwrap();
    for (id, never_reached) in [("j1", 1), ("j2", 8), ("j3", 0), ("j4", 0)] {
        assert_eq!(store.job(id).await.unwrap().unwrap().counters.unwrap().never_reached, never_reached, "{id}");
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    let state = |job: i64, device: i64| -> i64 {
        let sql = "SELECT state FROM device_job WHERE job = ?1 AND device = ?2";
        connection.query_row(sql, [job, device], |row| row.get(0)).unwrap()
    };
    assert_eq!([state(1, 1), state(1, 2), state(1, 3), state(2, 2), state(3, 1)], [4, 7, 3, 7, 5]);
}
