//! What changes between two texts, line by line, with two lines around each change.

/// Lines that stay and are shown before and after a change.
const AROUND: usize = 2;

/// Beyond this many lines that differ on both sides, all of them go out and in: no screen shows more.
const LINES_MAX: usize = 400;

/// A line as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It stays.
    Kept(String),
    /// It goes.
    Out(String),
    /// It comes.
    In(String),
    /// Lines that stay and are not shown.
    Left,
}

/// The lines of the change from one text to another.
pub fn lines(now: &str, wanted: &str) -> Vec<Shown> {
    let (now, wanted): (Vec<&str>, Vec<&str>) = (now.lines().collect(), wanted.lines().collect());
    let same_start = now.iter().zip(&wanted).take_while(|(one, other)| one == other).count();
    let (old, new) = (&now[same_start..], &wanted[same_start..]);
    let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[..old.len() - same_end], &new[..new.len() - same_end]);
    let kept = |line: &&str| Shown::Kept((*line).to_owned());
    let mut all: Vec<Shown> = now[..same_start].iter().map(kept).collect();
    all.extend(middle(old, new));
    all.extend(now[now.len() - same_end..].iter().map(kept));
    shortened(&all)
}

/// The longest common lines stay (the textbook's table).
fn middle(old: &[&str], new: &[&str]) -> Vec<Shown> {
    let out = |line: &&str| Shown::Out((*line).to_owned());
    let come = |line: &&str| Shown::In((*line).to_owned());
    if old.len() > LINES_MAX || new.len() > LINES_MAX {
        return old.iter().map(out).chain(new.iter().map(come)).collect();
    }
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    for at in (0..old.len()).rev() {
        for beside in (0..new.len()).rev() {
            common[at * width + beside] = if old[at] == new[beside] {
                common[(at + 1) * width + beside + 1] + 1
            } else {
                common[(at + 1) * width + beside].max(common[at * width + beside + 1])
            };
        }
    }
    let (mut at, mut beside) = (0, 0);
    let mut shown = Vec::new();
    while at < old.len() && beside < new.len() {
        if old[at] == new[beside] {
            shown.push(Shown::Kept(old[at].to_owned()));
            (at, beside) = (at + 1, beside + 1);
        } else if common[(at + 1) * width + beside] >= common[at * width + beside + 1] {
            shown.push(out(&old[at]));
            at += 1;
        } else {
            shown.push(come(&new[beside]));
            beside += 1;
        }
    }
    shown.extend(old[at..].iter().map(out));
    shown.extend(new[beside..].iter().map(come));
    shown
}

/// Kept lines only near a change.
fn shortened(all: &[Shown]) -> Vec<Shown> {
    let is_kept = |line: &Shown| matches!(line, Shown::Kept(_));
    let is_near = |at: usize| {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(all.len());
        all[near].iter().any(|line| !is_kept(line))
    };
    let mut shown: Vec<Shown> = Vec::new();
    for (at, line) in all.iter().enumerate() {
        if is_near(at) {
            shown.push(line.clone());
        } else if shown.last() != Some(&Shown::Left) {
            shown.push(Shown::Left);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{Shown, lines};

    fn text(now: &str, wanted: &str) -> Vec<String> {
        let words = |line| match line {
            Shown::Kept(line) => format!(" {line}"),
            Shown::Out(line) => format!("-{line}"),
            Shown::In(line) => format!("+{line}"),
            Shown::Left => "…".to_owned(),
        };
        lines(now, wanted).into_iter().map(words).collect()
    }

    #[test]
    fn only_what_changes_is_shown_with_its_neighbours() {
        let now = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let wanted = "1\n2\n3\n4\nx\n6\n7\n8\n9\n";
        assert_eq!(text(now, wanted), ["…", " 3", " 4", "-5", "+x", " 6", " 7", "…"]);
        assert_eq!(text("", "a\nb\n"), ["+a", "+b"]);
        assert_eq!(text("a\nb\n", "b\nc\n"), ["-a", " b", "+c"]);
        assert!(text(now, now).iter().all(|line| line == "…"));
    }
}
