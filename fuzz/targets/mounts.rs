//! Fuzzes mountinfo and the search for the memory controller. NULs divide mountinfo, `cgroup.controllers` and a path.

#![no_main]

use libfuzzer_sys::fuzz_target;

use kernel::hierarchy::Hierarchy;

fuzz_target!(|text: &str| {
    let mut texts = text.split('\0');
    let (mounts, controllers, path) =
        (texts.next().unwrap_or_default(), texts.next(), texts.next().unwrap_or_default());
    let Ok(entries) = kernel::mountinfo::parse(mounts) else { return };
    let hierarchy = Hierarchy::find(&entries, controllers);
    if let Ok(memory) = &hierarchy.memory
        && let Some(directory) = memory.directory(path)
    {
        assert!(directory == "/" || directory.starts_with(memory.mount_point.trim_end_matches('/')));
    }
});
