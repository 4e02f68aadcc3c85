//! Command lines of `docker run`.

use judge::docker_options::read;
use kernel::bytes::Bytes;
use model::outcome::docker::{Engine, MemorySwapOption};
use proptest::prelude::{prop_assert_eq, proptest};

fn words(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}

#[test]
fn every_spelling_of_memory_is_read() {
    for text in [
        "docker run -m 512m nginx",
        "docker run -m=512m nginx",
        "docker run -m512m nginx",
        "docker run --memory 512m nginx",
        "docker run --memory=512MB nginx",
        "docker run -dm 512m nginx",
        "docker run -itdm=512m nginx",
        "docker run --rm -e A=b -p 80:80 --name web -m 512m nginx",
        "sudo docker --context far container run --memory=536870912 nginx",
        "/usr/bin/podman create -m 0.5g nginx",
    ] {
        let command = read(&words(text)).unwrap();
        assert_eq!(command.options.memory, Some(Bytes(512 << 20)), "{text}");
        assert_eq!(command.image.as_deref(), Some("nginx"), "{text}");
        assert_eq!(command.unknown, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_stands_behind_the_image_is_the_containers_business() {
    let command = read(&words("docker run python -m http.server")).unwrap();
    assert_eq!((command.options.memory, command.image.as_deref()), (None, Some("python")));
    let command = read(&words("docker run -- python --memory 1g")).unwrap();
    assert_eq!((command.options.memory, command.image.as_deref()), (None, Some("python")));
}

#[test]
fn the_other_memory_options_are_read() {
    let text = "podman run --memory-swap=-1 --memory-reservation 64m --memory-swappiness=0 --oom-kill-disable --oom-score-adj -500 x";
    let command = read(&words(text)).unwrap();
    let options = command.options;
    assert_eq!(command.engine, Engine::Podman);
    assert_eq!(options.memory_swap, Some(MemorySwapOption::Unlimited));
    assert_eq!((options.reservation, options.swappiness), (Some(Bytes(64 << 20)), Some(0)));
    assert_eq!((options.oom_kill_disable, options.oom_score_adj), (true, Some(-500)));
    assert!(!read(&words("docker run --oom-kill-disable=false x")).unwrap().options.oom_kill_disable);
}

#[test]
fn what_is_wrong_or_unknown_is_kept() {
    let command = read(&words("docker run -m 512Mi --memory-swap -2 --sparkle x")).unwrap();
    let options: Vec<&str> = command.invalid.iter().map(|invalid| invalid.option).collect();
    assert_eq!(options, ["-m, --memory", "--memory-swap"]);
    assert_eq!(command.unknown, ["--sparkle"]);
}

#[test]
fn other_commands_are_refused() {
    for text in ["docker ps", "docker update -m 1g web", "kubectl run x", "docker", "podman -m 1g"] {
        assert!(read(&words(text)).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_words_are_read_without_harm(words in proptest::collection::vec("[-a-z0-9= ]{0,12}", 0..12)) {
        let words: Vec<&str> = ["docker", "run"].into_iter().chain(words.iter().map(String::as_str)).collect();
        let command = read(&words).unwrap();
        prop_assert_eq!(command.engine, Engine::Docker);
    }
}
