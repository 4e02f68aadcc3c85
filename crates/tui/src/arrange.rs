//! Which cgroups are rows, and in which order: filter, sort, tree and folds.

use crate::scene::{Scene, is_container};
use crate::state::{Direction, Range, Shape, Sort, State};
use model::cgroup::{Cgroup, CgroupIndex};
use model::container::Container;
use std::cmp::Ordering;
use view::columns::{Column, Measure, Row};
use view::names;

/// A cgroup that is a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Which.
    pub index: CgroupIndex,
    /// How deep it stands in the tree.
    pub depth: usize,
    /// Whether there is something below it.
    pub fold: Fold,
    /// Whether it is meant or only leads to one that is.
    pub role: Role,
}

/// Why a cgroup is a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The range and the filter want it.
    Chosen,
    /// A level above one that is wanted.
    Context,
}

/// Whether something is below a row, and whether it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Nothing is.
    Leaf,
    /// Something, shown.
    Open,
    /// Something, hidden.
    Folded,
}

/// What a row is sorted by.
enum Key {
    Figure(Option<f64>),
    Word(String),
}

/// The rows in their order.
#[must_use]
pub fn arrange(state: &State, scene: &Scene<'_>) -> Vec<Placed> {
    let range = range_in_force(state, scene);
    let chosen = |index: usize| is_chosen(state, scene, range, index);
    let chosen: Vec<bool> = (0..scene.snapshot.cgroups.len()).map(chosen).collect();
    let order = sorted(state.sort, scene, &chosen);
    match state.shape {
        Shape::Flat => {
            let place = |index| Placed { index, depth: 0, fold: Fold::Leaf, role: Role::Chosen };
            order.into_iter().map(place).collect()
        }
        Shape::Tree => {
            let order = with_levels_above(scene, range, &order);
            tree(state, scene, &order, &chosen)
        }
    }
}

/// A machine without a container shows everything.
#[must_use]
pub fn range_in_force(state: &State, scene: &Scene<'_>) -> Range {
    match state.range {
        Range::Containers if scene.has_containers() => Range::Containers,
        Range::Containers | Range::Everything => Range::Everything,
    }
}

/// What a row is called: in a tree, where the levels above are in sight, a path needs only its last part.
#[must_use]
pub fn label(row: Row<'_>, shape: Shape) -> String {
    let name = names::cgroup(row.cgroup);
    match (shape, name.strip_prefix('/').and_then(|_| name.rsplit('/').next())) {
        (Shape::Tree, Some(last)) if !last.is_empty() => last.to_owned(),
        (Shape::Tree | Shape::Flat, _) => name,
    }
}

fn is_chosen(state: &State, scene: &Scene<'_>, range: Range, index: usize) -> bool {
    let Some(row) = scene.row(CgroupIndex(index)) else { return false };
    let in_range = match range {
        Range::Containers => is_container(row.cgroup),
        Range::Everything => true,
    };
    in_range && (state.filter.is_empty() || is_found(row.cgroup, &state.filter.to_lowercase()))
}

/// Whether the name, the id, the image or the Compose project contains the filter, which is in lower case.
fn is_found(cgroup: &Cgroup, filter: &str) -> bool {
    let contains = |word: &str| word.to_lowercase().contains(filter);
    let is_container_found = |container: &Container| {
        contains(&container.id.0)
            || container.image.value().is_some_and(|image| contains(image))
            || container
                .compose
                .as_ref()
                .is_some_and(|compose| contains(&format!("{}/{}", compose.project, compose.service)))
    };
    contains(&names::cgroup(cgroup)) || cgroup.container.as_ref().is_some_and(is_container_found)
}

/// Each row is followed by the levels above it that no earlier row brought: a branch stands where its first row stands.
/// The root of all is left out where the head of the screen stands for it.
fn with_levels_above(scene: &Scene<'_>, range: Range, order: &[CgroupIndex]) -> Vec<CgroupIndex> {
    let mut is_there = vec![false; scene.snapshot.cgroups.len()];
    let mut all = Vec::with_capacity(order.len());
    for index in order {
        for (level, cgroup) in scene.snapshot.lineage(*index) {
            let is_root = cgroup.parent.is_none() && level != *index && range == Range::Containers;
            if is_root || is_there.get(level.0).copied().unwrap_or(true) {
                break;
            }
            set(&mut is_there, level.0, true);
            all.push(level);
        }
    }
    all
}

fn sorted(sort: Sort, scene: &Scene<'_>, chosen: &[bool]) -> Vec<CgroupIndex> {
    let rows = chosen
        .iter()
        .enumerate()
        .filter(|(_, is_chosen)| **is_chosen)
        .filter_map(|(index, _)| scene.row(CgroupIndex(index)));
    let mut keyed: Vec<(Key, CgroupIndex)> =
        rows.map(|row| (key(sort.column, row), row.assessment.cgroup)).collect();
    keyed.sort_by(|(one, _), (other, _)| compare(sort.direction, one, other));
    keyed.into_iter().map(|(_, index)| index).collect()
}

fn key(column: Column, row: Row<'_>) -> Key {
    match (column, column.measure()) {
        (_, Measure::Words) => Key::Word(column.cell(row).text.to_lowercase()),
        // 60 MiB left is little of 8 GiB and much of 64 MiB.
        (Column::Left, _) => Key::Figure(share_left(row)),
        (_, _) => Key::Figure(column.figure(row)),
    }
}

fn share_left(row: Row<'_>) -> Option<f64> {
    let left = row.assessment.headroom.value()?.with_swap;
    left.ratio_of(row.assessment.limit.value()?.bytes)
}

fn compare(direction: Direction, one: &Key, other: &Key) -> Ordering {
    let ordering = match (one, other) {
        (Key::Word(one), Key::Word(other)) => one.cmp(other),
        (Key::Figure(Some(one)), Key::Figure(Some(other))) => one.total_cmp(other),
        // What is not known comes last, whichever end is first.
        (Key::Figure(one), Key::Figure(other)) => return one.is_none().cmp(&other.is_none()),
        (Key::Word(_), Key::Figure(_)) | (Key::Figure(_), Key::Word(_)) => Ordering::Equal,
    };
    match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    }
}

/// Brings rows that are already in order below the rows they belong to.
fn tree(state: &State, scene: &Scene<'_>, order: &[CgroupIndex], chosen: &[bool]) -> Vec<Placed> {
    let count = scene.snapshot.cgroups.len();
    let mut is_row = vec![false; count];
    for index in order {
        set(&mut is_row, index.0, true);
    }
    let mut first_child: Vec<Option<CgroupIndex>> = vec![None; count];
    let mut next_sibling: Vec<Option<CgroupIndex>> = vec![None; count];
    let mut first_top = None;
    for index in order.iter().rev() {
        let parent = scene.snapshot.cgroup(*index).and_then(|cgroup| cgroup.parent);
        let parent = parent.filter(|parent| is_row.get(parent.0).copied().unwrap_or(false));
        let head = parent.map_or(first_top, |parent| first_child.get(parent.0).copied().flatten());
        set(&mut next_sibling, index.0, head);
        match parent {
            Some(parent) => set(&mut first_child, parent.0, Some(*index)),
            None => first_top = Some(*index),
        }
    }
    let mut placed = Vec::with_capacity(order.len());
    let mut ahead: Vec<(CgroupIndex, usize)> = first_top.map(|top| (top, 0)).into_iter().collect();
    while let Some((index, depth)) = ahead.pop() {
        let child = first_child.get(index.0).copied().flatten();
        let fold = fold_of(state, scene, index, child);
        let is_chosen = chosen.get(index.0).copied().unwrap_or(false);
        let role = if is_chosen { Role::Chosen } else { Role::Context };
        placed.push(Placed { index, depth, fold, role });
        ahead.extend(next_sibling.get(index.0).copied().flatten().map(|next| (next, depth)));
        if fold == Fold::Open {
            ahead.extend(child.map(|child| (child, depth + 1)));
        }
    }
    placed
}

/// While a filter is set, what it finds is not hidden in a folded branch.
fn fold_of(state: &State, scene: &Scene<'_>, index: CgroupIndex, child: Option<CgroupIndex>) -> Fold {
    let is_folded = scene.snapshot.cgroup(index).is_some_and(|cgroup| state.folded.contains(&cgroup.id));
    match child {
        None => Fold::Leaf,
        Some(_) if is_folded && state.filter.is_empty() => Fold::Folded,
        Some(_) => Fold::Open,
    }
}

fn set<T>(values: &mut [T], place: usize, value: T) {
    if let Some(slot) = values.get_mut(place) {
        *slot = value;
    }
}
