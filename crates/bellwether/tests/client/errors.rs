//! What is said when it does not work, and what has no need of a hub.

use crate::World;
use crate::support::{bellwether, run, text};

#[test]
fn a_hub_that_cannot_be_used_is_told_with_what_to_do() {
    let world = World::start();
    let connection = &world.server.connection;
    let string = connection["hubConnectionString"].as_str().unwrap();
    let ca = connection["caFile"].as_str().unwrap();
    let stranger = World::start();
    let strange = stranger.server.connection["caFile"].as_str().unwrap();
    let machine = |trusted: &str, string: &str, more: &[&str]| {
        let mut command = bellwether(&[&["device", "list", "--connection-string", string][..], more].concat());
        let ended = command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR").output().unwrap();
        (ended.status.code(), text(&ended.stderr))
    };
    let with = |string: &str, more: &[&str]| machine(strange, string, more);
    let wrong_key = string.replace("SharedAccessKey=", "SharedAccessKey=AAAA");
    let elsewhere = string.replace("HostName=localhost", "HostName=nowhere.invalid");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("HostName={closed};{}", string.split_once(';').unwrap().1);
    for (string, more, part) in [
        (string, &[][..], "is not trusted: give --ca FILE"),
        (&wrong_key, &["--ca", ca], "policy or key is wrong"),
        (&elsewhere, &["--ca", ca], "No address is known for this host"),
        (&closed, &["--ca", ca], "Nobody listens there"),
    ] {
        let (code, said) = with(string, more);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(part), "{part}: {said}");
    }
    let empty = (Some(0), "There are no devices.\n".to_owned());
    assert_eq!(with(string, &["--ca", ca]), empty);
    assert_eq!(machine(ca, string, &[]), empty);
    assert_eq!(with("HostName=a", &[]).0, Some(2));
}

#[test]
fn the_hub_is_named_by_flag_or_environment() {
    let world = World::start();
    let string = world.server.connection["hubConnectionString"].as_str().unwrap();
    let ca = world.server.connection["caFile"].as_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let with = |environment: &[(&str, &str)], args: &[&str]| {
        let mut command = bellwether(&[&["device", "list"][..], args].concat());
        let ended = command.envs(environment.iter().copied()).current_dir(elsewhere.path()).output().unwrap();
        (ended.status.code(), text(&ended.stderr))
    };
    for name in ["BELLWETHER_CONNECTION_STRING", "IOTHUB_CONNECTION_STRING"] {
        assert_eq!(with(&[(name, string)], &["--ca", ca]).0, Some(0), "{name}");
    }
    let data = world.dir.path().join("data");
    let data = data.to_str().unwrap();
    assert_eq!(with(&[("BELLWETHER_DATA", data)], &[]).0, Some(0));
    // A flag beats the environment.
    assert_eq!(with(&[("BELLWETHER_CONNECTION_STRING", "nonsense")], &["--data", data]).0, Some(0));
    // What names ours beats what other tools read.
    assert_eq!(with(&[("IOTHUB_CONNECTION_STRING", "nonsense"), ("BELLWETHER_DATA", data)], &[]).0, Some(0));
    let twice = run(&["device", "--data", data, "list", "--connection-string", string]);
    let said = text(&twice.stderr);
    assert!(twice.status.code() == Some(2) && said.contains("name two hubs"), "{said}");
    let (code, said) = with(&[("IOTHUB_CONNECTION_STRING", "nonsense")], &[]);
    assert!(code == Some(2) && said.contains("IOTHUB_CONNECTION_STRING must be HostName="), "{said}");
    let (code, said) = with(&[], &[]);
    assert!(code == Some(2) && said.contains("no hub is named") && said.contains("--data DIR"), "{said}");
    drop(world.server);
    let (code, said) = with(&[], &["--data", data]);
    assert!(code == Some(1) && said.contains("no server is running on"), "{said}");
}

#[test]
fn completions_and_manual_pages() {
    for (shell, part) in [
        ("bash", "_bellwether()"),
        ("zsh", "#compdef bellwether"),
        ("fish", "complete -c bellwether"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ended = run(&["completions", shell]);
        let printed = text(&ended.stdout);
        assert!(ended.status.success() && printed.contains(part) && printed.contains("results"), "{shell}");
    }
    let dir = tempfile::tempdir().unwrap();
    assert!(text(&run(&["man"]).stdout).contains(".TH bellwether 1"));
    assert!(run(&["man", dir.path().to_str().unwrap()]).status.success());
    for page in ["bellwether.1", "bellwether-device-import.1", "bellwether-job-create-twin.1"] {
        assert!(dir.path().join(page).exists(), "{page}");
    }
}
