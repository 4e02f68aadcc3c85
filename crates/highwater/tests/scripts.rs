//! What scripts rely on: JSON, names from an engine's socket, exit codes, pipes, colour, completions.

#![allow(clippy::unwrap_used, reason = "helpers of tests, like the tests, stop at the first surprise")]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use testkit::recorded_machine::{MachineCopy, recorded_machine};
use testkit::scripted_docker::{Misbehaviour, ScriptedDocker};

const DEBIAN: &str = "debian13-docker26";
const HOST: &str = "host-6.18-v1-docker";
const NESTED: &str = "micro-6.12-v2-nested";

/// The product, away from what the machine that runs the tests has in its environment.
fn highwater(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_highwater"));
    command.args(arguments).env("COLUMNS", "100").env("XDG_RUNTIME_DIR", "/nowhere");
    command.env_remove("DOCKER_HOST").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// The product on a root.
fn on(root: &Path, arguments: &[&str]) -> Output {
    highwater(arguments).arg("--root").arg(root).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn parsed(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The product on a recorded machine whose engine answers.
fn with_engine(machine: &str, arguments: &[&str]) -> Output {
    let root = recorded_machine(machine);
    let engine = ScriptedDocker::start(&root.join("docker"), &[]).unwrap();
    highwater(arguments).arg("--root").arg(&root).arg("--docker-host").arg(engine.socket()).output().unwrap()
}

/// What a list holds, under whichever name: containers, units or cgroups.
fn entries(document: &Value) -> Vec<&Value> {
    let lists = ["containers", "units", "cgroups"].iter().filter_map(|key| document[key].as_array());
    lists.flatten().collect()
}

fn container<'a>(document: &'a Value, name: &str) -> &'a Value {
    let containers = document["containers"].as_array().unwrap();
    containers.iter().find(|container| container["name"] == name).unwrap()
}

#[test]
fn an_engine_names_its_containers() {
    let document = parsed(&with_engine(HOST, &["ls", "--format", "json"]));
    assert_eq!(document["schema"], "highwater/containers/v1");
    assert_eq!(document["missing"], json!([]));
    assert_eq!(document["containers"].as_array().unwrap().len(), 5);
    let web = container(&document, "web");
    assert_eq!(web["image"], "shop/busybox:1.0");
    assert_eq!(web["runtime"], "docker");
    assert_eq!(web["swap"]["limit_bytes"], 0);
    assert_eq!(web["memory_and_swap"]["limit_bytes"], 64 << 20);
    let idle = container(&document, "idle");
    assert_eq!(
        (&idle["memory"]["limit_bytes"], &idle["memory"]["limit_unlimited"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(container(&document, "batch")["events"]["oom_kill"], 1);
    assert_eq!(container(&document, "db")["swap"]["limit_bytes"], 64 << 20);
    let endless = container(&document, "shop-web-1");
    assert_eq!(
        (&endless["swap"]["limit_bytes"], &endless["swap"]["limit_unlimited"]),
        (&Value::Null, &json!(true))
    );
}

#[test]
fn the_lost_swap_limit_of_the_measured_sheet_is_drift() {
    let document = parsed(&with_engine(DEBIAN, &["ls", "--format", "json"]));
    let lost = container(&document, "lost");
    let drift = lost["drift"].as_array().unwrap();
    assert_eq!(drift.len(), 1, "{drift:?}");
    assert_eq!(drift[0]["what"], "swap_limit");
    let id = lost["id"].as_str().unwrap();
    assert_eq!(drift[0]["path"], format!("/system.slice/docker-{id}.scope/memory.swap.max"));
    assert_eq!(
        (&lost["swap"]["limit_bytes"], &lost["swap"]["limit_unlimited"]),
        (&Value::Null, &json!(true))
    );
    for agrees in ["kept", "swaps", "batch", "idle"] {
        assert_eq!(container(&document, agrees)["drift"], json!([]), "{agrees}");
    }
    let checked = with_engine(DEBIAN, &["ls", "lost", "--check"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(text(&checked).contains("The swap limit is not what was declared"), "{}", text(&checked));
}

#[test]
fn every_figure_of_the_json_is_the_files() {
    let document = parsed(&with_engine(DEBIAN, &["ls", "--format", "json"]));
    for container in document["containers"].as_array().unwrap() {
        let cgroup = container["cgroup"].as_str().unwrap();
        let folder = recorded_machine(DEBIAN).join("sys/fs/cgroup").join(cgroup.trim_start_matches('/'));
        let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap().trim().to_owned();
        let number = |name: &str| json!(file(name).parse::<u64>().unwrap());
        assert_eq!(container["memory"]["usage_bytes"], number("memory.current"), "{cgroup}");
        assert_eq!(container["memory"]["peak_bytes"], number("memory.peak"), "{cgroup}");
        assert_eq!(container["swap"]["usage_bytes"], number("memory.swap.current"), "{cgroup}");
        for (object, limit) in [("memory", file("memory.max")), ("swap", file("memory.swap.max"))] {
            let unlimited = limit == "max";
            assert_eq!(container[object]["limit_unlimited"], json!(unlimited), "{cgroup}");
            let expected = limit.parse::<u64>().map_or(Value::Null, |bytes| json!(bytes));
            assert_eq!(container[object]["limit_bytes"], expected, "{cgroup}");
        }
        let stat = file("memory.stat");
        let anon = stat.lines().find_map(|line| line.strip_prefix("anon ")).unwrap();
        assert_eq!(container["memory"]["anon_bytes"], json!(anon.parse::<u64>().unwrap()), "{cgroup}");
    }
}

#[test]
fn a_container_is_shown_by_its_name_its_process_and_its_cgroup() {
    let by_name = with_engine(HOST, &["show", "web"]);
    let words = text(&by_name);
    assert!(words.starts_with("web  container"), "{words}");
    let document = parsed(&with_engine(HOST, &["show", "web", "--format", "json"]));
    let shown = |target: &str| parsed(&with_engine(HOST, &["show", target, "--format", "json"]));
    let id =
        |document: &Value| document.to_string().split("\"id\":\"").nth(1).map(|rest| rest[..64].to_owned());
    let web = id(&document).unwrap();
    assert_eq!(id(&shown(&format!("/docker/{web}"))).as_deref(), Some(web.as_str()));
    assert_eq!(id(&shown(&web[..6])).as_deref(), Some(web.as_str()));
    let root = recorded_machine(HOST);
    let is_webs = |pid: &String| {
        fs::read_to_string(root.join("proc").join(pid).join("cgroup")).is_ok_and(|text| text.contains(&web))
    };
    let names = fs::read_dir(root.join("proc"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pid = names.filter(|name| name.parse::<u32>().is_ok()).find(is_webs).unwrap();
    assert_eq!(id(&shown(&pid)).as_deref(), Some(web.as_str()));
}

#[test]
fn filters_know_image_and_compose_project() {
    let listed = |filter: &str| {
        let document = parsed(&with_engine(HOST, &["ls", "--format", "json", filter]));
        document["containers"].as_array().unwrap().len()
    };
    assert_eq!(listed("shop/busybox"), 5);
    assert_eq!(listed("SHOP/WEB"), 1);
    assert_eq!(listed("nobody"), 0);
}

#[test]
fn a_broken_engine_costs_the_names_and_nothing_else() {
    let root = recorded_machine(HOST);
    for misbehaviour in
        [Misbehaviour::HangUp, Misbehaviour::Garbage, Misbehaviour::HalfJson, Misbehaviour::ServerError]
    {
        let engine = ScriptedDocker::start(&root.join("docker"), &[("/containers", misbehaviour)]).unwrap();
        let socket = engine.socket();
        let output = highwater(&["ls", "--format", "json", "--root"])
            .arg(&root)
            .arg("--docker-host")
            .arg(socket)
            .output();
        let document = parsed(&output.unwrap());
        assert_eq!(document["containers"].as_array().unwrap().len(), 5, "{misbehaviour:?}");
        assert!(!document["missing"].as_array().unwrap().is_empty(), "{misbehaviour:?}");
        assert!(document["containers"][0]["unknown"]["name"].is_string(), "{misbehaviour:?}");
    }
}

#[test]
fn a_machine_without_cgroups_is_reported_as_json_too() {
    let empty = tempfile::tempdir().unwrap();
    let document = parsed(&on(empty.path(), &["ls", "--format", "json"]));
    assert_eq!(document["containers"], json!([]));
    assert_eq!(document["missing"][0]["what"], "every cgroup");
    assert!(document["host"]["unknown"]["memory_total_bytes"].is_string());
}

#[test]
fn an_absent_figure_is_a_dash_and_never_a_zero() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let web = "/sys/fs/cgroup/shop.slice/web.service";
    machine.write(&format!("{web}/memory.current"), "garbage\n").unwrap();
    machine.remove(&format!("{web}/memory.stat")).unwrap();
    let words = text(&on(machine.root(), &["ls", "web"]));
    let row: Vec<&str> =
        words.lines().find(|line| line.starts_with("web.service")).unwrap().split_whitespace().collect();
    assert_eq!(row[1], "–", "{words}");
    let document = parsed(&on(machine.root(), &["ls", "web", "--format", "json"]));
    let memory = &entries(&document)[0]["memory"];
    assert_eq!((&memory["usage_bytes"], &memory["headroom_bytes"]), (&Value::Null, &Value::Null));
    let why = memory["unknown"]["usage_bytes"].as_str().unwrap();
    assert!(why.contains("web.service/memory.current: expected"), "{why}");
}

#[test]
fn control_characters_in_a_name_are_escaped_on_screen() {
    let machine = MachineCopy::of(NESTED).unwrap();
    let name = "a\u{1b}[31mred\u{7}\n\u{202e}.service";
    machine.copy("/sys/fs/cgroup/shop.slice/web.service", &format!("/sys/fs/cgroup/{name}")).unwrap();
    for arguments in [
        &["ls", "--all"][..],
        &["show", name],
        &["ls", "--all", "--format", "csv"],
        &["ls", "--all", "--color", "never"],
    ] {
        let output = on(machine.root(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let words = text(&output);
        assert!(words.contains("\\u{1b}[31mred"), "{arguments:?}: {words}");
        assert!(!words.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{arguments:?}: {words:?}");
    }
    let document = parsed(&on(machine.root(), &["ls", "--all", "--format", "json"]));
    assert!(entries(&document).iter().any(|entry| entry["cgroup"] == format!("/{name}")));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in
        [&["ls", "--all"][..], &["ls", "--format", "json"], &["show", "shop.slice"], &["completions", "bash"]]
    {
        let mut command = highwater(arguments);
        if arguments[0] != "completions" {
            command.arg("--root").arg(recorded_machine(NESTED));
        }
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output =
            command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn colour_is_there_only_where_it_is_asked_for() {
    let has_colour = |arguments: &[&str], no_color: Option<&str>| {
        let mut command = highwater(arguments);
        command.arg("--root").arg(recorded_machine(NESTED));
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        text(&command.output().unwrap()).contains('\u{1b}')
    };
    assert!(!has_colour(&["ls"], None), "standard output is no terminal");
    assert!(!has_colour(&["ls", "--color", "never"], None));
    assert!(has_colour(&["ls", "--color", "always"], None));
    assert!(has_colour(&["ls", "--color", "always"], Some("1")), "the flag is nearer than the environment");
    assert!(!has_colour(&["ls", "--color", "auto"], Some("1")));
    assert!(!has_colour(&["ls", "--format", "json", "--color", "always"], None));
}

#[test]
fn colour_changes_no_word() {
    let words = |colour: &str| text(&on(&recorded_machine(NESTED), &["ls", "--color", colour]));
    let mut plain = String::new();
    let coloured = words("always");
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, words("never"));
}

#[test]
fn no_line_ends_with_a_blank() {
    for arguments in [&["ls", "--all"][..], &["show", "db.service"], &["show", "/"], &["free"]] {
        for colour in ["never", "always"] {
            let words = text(&on(&recorded_machine(NESTED), &[arguments, &["--color", colour]].concat()));
            let blank = words.lines().find(|line| line.ends_with(' '));
            assert_eq!(blank, None, "{arguments:?}");
        }
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = highwater(&["completions", shell]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        for word in ["ls", "show", "top", "free", "docker-host", "cache-size"] {
            assert!(text(&output).contains(word), "{shell} {word}");
        }
    }
}

#[test]
fn without_a_terminal_highwater_alone_lists() {
    let root = recorded_machine(NESTED);
    assert_eq!(text(&on(&root, &[])), text(&on(&root, &["ls"])));
}

#[test]
fn a_remote_engine_in_the_environment_costs_the_names_and_not_the_table() {
    let output = highwater(&["ls", "--format", "json", "--root"])
        .arg(recorded_machine(HOST))
        .env("DOCKER_HOST", "tcp://127.0.0.1:2375")
        .output()
        .unwrap();
    let document = parsed(&output);
    assert!(!document["containers"].as_array().unwrap().is_empty());
    assert!(document["missing"].to_string().contains("tcp://127.0.0.1:2375"), "{}", document["missing"]);
}
