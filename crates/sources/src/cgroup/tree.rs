//! Which cgroups there are: a walk over the hierarchy's directories, done once.

use super::files::CgroupFiles;
use crate::host_root::reason;
use kernel::cgroup_path::{Identity, identify};
use model::snapshot::Missing;

/// A cgroup that the walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its path in the hierarchy.
    pub path: String,
    /// Where its parent stands in the same list.
    pub parent: Option<usize>,
}

/// Deeper than this no runtime nests; a bind mount of a hierarchy into itself would not end.
const DEPTH_MAX: usize = 64;

/// Every cgroup at and below `top`, parents before children, and what could not be listed.
#[must_use]
pub fn walk(files: &CgroupFiles, top: &str) -> (Vec<Place>, Vec<Missing>) {
    let mut places = vec![Place { path: top.to_owned(), parent: None }];
    let mut missing = Vec::new();
    let mut next = 0;
    while let Some(path) = places.get(next).map(|place| place.path.clone()) {
        match files.children(&path) {
            Ok(mut names) => {
                names.sort_unstable();
                let below = path.trim_end_matches('/');
                let is_deep = below.matches('/').count() >= DEPTH_MAX;
                for name in names.into_iter().filter(|_| !is_deep) {
                    places.push(Place { path: format!("{below}/{name}"), parent: Some(next) });
                }
            }
            // Gone between listing and reading: nothing is missing.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => missing.push(Missing {
                what: format!("cgroups below {path}"),
                why: format!("{}{path}: {}", files.folder().display(), reason(&error)),
            }),
        }
        next += 1;
    }
    (places, missing)
}

/// Keeps the containers and every cgroup above one. With no container everything is kept.
#[must_use]
pub fn containers_and_above(places: Vec<Place>) -> Vec<Place> {
    let mut is_kept: Vec<bool> =
        places.iter().map(|place| matches!(identify(&place.path), Identity::Container(_))).collect();
    if !is_kept.contains(&true) {
        return places;
    }
    for (index, place) in places.iter().enumerate().rev() {
        if is_kept.get(index) == Some(&true)
            && let Some(above) = place.parent.and_then(|parent| is_kept.get_mut(parent))
        {
            *above = true;
        }
    }
    let mut new_index = Vec::with_capacity(places.len());
    let mut kept: Vec<Place> = Vec::new();
    for (place, keep) in places.into_iter().zip(is_kept) {
        new_index.push(kept.len());
        if keep {
            let parent = place.parent.and_then(|parent| new_index.get(parent).copied());
            kept.push(Place { parent, ..place });
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Place, containers_and_above};

    fn place(path: &str, parent: Option<usize>) -> Place {
        Place { path: path.to_owned(), parent }
    }

    #[test]
    fn a_container_keeps_what_is_above_it() {
        let id = "a".repeat(64);
        let kept = containers_and_above(vec![
            place("/", None),
            place("/system.slice", Some(0)),
            place("/docker", Some(0)),
            place("/system.slice/cron.service", Some(1)),
            place(&format!("/docker/{id}"), Some(2)),
        ]);
        let expected =
            vec![place("/", None), place("/docker", Some(0)), place(&format!("/docker/{id}"), Some(1))];
        assert_eq!(kept, expected);
    }

    #[test]
    fn without_containers_everything_is_kept() {
        let all = vec![place("/", None), place("/system.slice", Some(0))];
        assert_eq!(containers_and_above(all.clone()), all);
    }
}
