//! Heaps against the limit.

use judge::heap::{judgements, settings};
use kernel::bytes::Bytes;
use model::incident::exit::Language;
use model::outcome::heap::{HeapSize, HeapVerdict};
use proptest::prelude::{prop_assert_eq, proptest};

const LIMIT: Bytes = Bytes::from_mib(1024);

fn verdict(command: &[&str], env: &[(&str, &str)]) -> Option<HeapVerdict> {
    judgements(command, env, Some(LIMIT)).first().map(|judgement| judgement.verdict)
}

#[test]
fn the_heap_is_held_against_the_limit() {
    for (command, env, expected) in [
        (vec!["java", "-Xmx1g", "-jar", "app.jar"], vec![], Some(HeapVerdict::ReachesLimit)),
        (vec!["java", "-Xmx4G"], vec![], Some(HeapVerdict::ReachesLimit)),
        (vec!["java", "-Xmx900m"], vec![], Some(HeapVerdict::LittleRoom)),
        (vec!["java", "-Xmx512m"], vec![], Some(HeapVerdict::Fits)),
        (vec!["java", "-XX:MaxRAMPercentage=75.0"], vec![], Some(HeapVerdict::Fits)),
        (vec!["java", "-XX:MaxRAMPercentage=100"], vec![], Some(HeapVerdict::ReachesLimit)),
        (vec!["sh", "-c", "exec java -Xmx2048m -jar app.jar"], vec![], Some(HeapVerdict::ReachesLimit)),
        (vec![], vec![("JAVA_TOOL_OPTIONS", "-Xmx2g -ea")], Some(HeapVerdict::ReachesLimit)),
        (vec![], vec![("JDK_JAVA_OPTIONS", "-XX:MaxHeapSize=256m")], Some(HeapVerdict::Fits)),
        (vec!["node", "--max-old-space-size=4096", "x.js"], vec![], Some(HeapVerdict::ReachesLimit)),
        (vec!["node", "--max_old_space_size", "512", "x.js"], vec![], Some(HeapVerdict::Fits)),
        (vec![], vec![("NODE_OPTIONS", "--max-old-space-size=1000")], Some(HeapVerdict::LittleRoom)),
        (vec![], vec![("GOMEMLIMIT", "900MiB")], Some(HeapVerdict::Fits)),
        (vec![], vec![("GOMEMLIMIT", "1GiB")], Some(HeapVerdict::LittleRoom)),
        (vec![], vec![("GOMEMLIMIT", "2GiB")], Some(HeapVerdict::ReachesLimit)),
        (vec![], vec![("GOMEMLIMIT", "off")], None),
        (vec!["java", "-Xmx"], vec![], None),
        (vec!["python", "-m", "http.server"], vec![], None),
    ] {
        assert_eq!(verdict(&command, &env), expected, "{command:?} {env:?}");
    }
}

#[test]
fn the_jvms_order_of_precedence_is_kept() {
    let env = [("JAVA_TOOL_OPTIONS", "-Xmx1m"), ("JDK_JAVA_OPTIONS", "-Xmx2m")];
    let size =
        |command: &[&str], env: &[(&str, &str)]| settings(command, env).first().map(|setting| setting.size);
    let mib = |mib| Some(HeapSize::Bytes(Bytes::from_mib(mib)));
    assert_eq!(size(&["java"], &env), mib(2));
    assert_eq!(size(&["java", "-Xmx3m"], &env), mib(3));
    assert_eq!(size(&["java", "-Xmx3m", "-Xmx4m"], &env), mib(4));
    assert_eq!(size(&["java", "-Xmx3m"], &[("_JAVA_OPTIONS", "-Xmx5m")]), mib(5));
    assert_eq!(size(&["java", "-Xmx3m", "-XX:MaxRAMPercentage=50"], &[]), mib(3));
    assert_eq!(settings(&["java", "-Xmx3m"], &[])[0].language, Language::Jvm);
}

#[test]
fn without_a_limit_a_share_is_one_of_the_machine() {
    let found = judgements(&["java", "-XX:MaxRAMPercentage=50"], &[], None);
    assert_eq!((found[0].verdict, found[0].heap), (HeapVerdict::NoLimit, None));
}

proptest! {
    #[test]
    fn a_heap_of_the_limit_or_more_reaches_it(mib in 1_u64..1 << 20, limit in 1_u64..1 << 20) {
        let command = format!("-Xmx{mib}m");
        let found = judgements(&["java", &command], &[], Some(Bytes::from_mib(limit)));
        prop_assert_eq!(found[0].verdict == HeapVerdict::ReachesLimit, mib >= limit);
    }
}
