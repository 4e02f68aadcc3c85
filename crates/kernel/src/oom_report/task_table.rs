//! The task table of a report: its header row says which columns there are, and pages become bytes.

use crate::bytes::Bytes;

/// Rows kept of one table; further ones are counted only.
pub const ROWS_MAX: usize = 4096;

/// The size of a page where nothing in the report tells another.
const PAGE_ASSUMED: Bytes = Bytes(4096);

/// The tasks that the kernel could choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskTable {
    /// The columns as the header row names them: `pid`, `uid` … `name`. Empty when that row is missing.
    pub columns: Vec<String>,
    /// Rows seen, also those without a header row, which are not kept.
    pub rows_seen: u64,
    /// At most [`ROWS_MAX`] rows.
    pub rows: Vec<TaskRow>,
    /// The size of a page by which pages became bytes.
    pub page: PageSize,
}

/// The size of a page, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageSize {
    /// The kill line tells a process in kB and its row in pages.
    Measured(Bytes),
    /// 4 KiB: the report does not tell.
    Assumed(Bytes),
}

impl Default for PageSize {
    fn default() -> Self {
        Self::Assumed(PAGE_ASSUMED)
    }
}

impl PageSize {
    /// The size.
    #[must_use]
    pub const fn bytes(self) -> Bytes {
        match self {
            Self::Measured(bytes) | Self::Assumed(bytes) => bytes,
        }
    }
}

/// One task. A column that the kernel does not print is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskRow {
    /// Its number.
    pub pid: u64,
    /// Its user.
    pub uid: Option<u64>,
    /// Its process.
    pub tgid: Option<u64>,
    /// Its address space.
    pub total_vm: Option<Bytes>,
    /// What it holds in memory.
    pub rss: Option<Bytes>,
    /// Of it, anonymous memory (since Linux 6.8).
    pub rss_anon: Option<Bytes>,
    /// Of it, mapped files (since Linux 6.8).
    pub rss_file: Option<Bytes>,
    /// Of it, shared memory (since Linux 6.8).
    pub rss_shmem: Option<Bytes>,
    /// Its page tables: printed in bytes since Linux 4.15, as numbers of tables before.
    pub pgtables: Option<Bytes>,
    /// What it has in swap.
    pub swapents: Option<Bytes>,
    /// Its `oom_score_adj`.
    pub oom_score_adj: Option<i64>,
    /// Its name, which may be empty.
    pub comm: String,
}

/// The columns of a header row such as `[  pid  ]   uid  tgid total_vm … name`.
pub(crate) fn parse_header(text: &str) -> Option<Vec<String>> {
    let (pid, rest) = text.strip_prefix('[')?.split_once(']')?;
    if pid.trim() != "pid" || !rest.contains("tgid") {
        return None;
    }
    Some(std::iter::once("pid").chain(rest.split_whitespace()).map(str::to_owned).collect())
}

/// The number in the brackets of a row, and what follows. A stamp (`[ 12.345678]`) and a trace (`[<ffff…>]`) are no rows.
pub(crate) fn row_start(text: &str) -> Option<(u64, &str)> {
    let (pid, rest) = text.strip_prefix('[')?.split_once(']')?;
    let pid = crate::decimal::parse_u64(pid.trim())?;
    let mut fields = rest.split_ascii_whitespace();
    let is_number = |field: &&str| field.parse::<i64>().is_ok();
    let numbers = fields.by_ref().take(4).filter(is_number).count();
    (rest.starts_with(' ') && numbers == 4).then_some((pid, rest))
}

/// Reads what follows the brackets of a row by the header row's columns; `None` when fields are missing.
pub(crate) fn parse_row(columns: &[String], pid: u64, rest: &str) -> Option<TaskRow> {
    let mut row = TaskRow { pid, ..TaskRow::default() };
    let mut rest = rest.trim_start();
    for column in columns.iter().skip(1) {
        if column == "name" {
            rest.trim_end().clone_into(&mut row.comm);
            return Some(row);
        }
        let (field, after) = rest.split_once(' ').unwrap_or((rest, ""));
        let value: i64 = field.parse().ok()?;
        set(&mut row, column, value);
        rest = after.trim_start();
    }
    None
}

fn set(row: &mut TaskRow, column: &str, value: i64) {
    let number = u64::try_from(value).ok();
    let pages = number.and_then(|pages| pages.checked_mul(PAGE_ASSUMED.0)).map(Bytes);
    match column {
        "uid" => row.uid = number,
        "tgid" => row.tgid = number,
        "total_vm" => row.total_vm = pages,
        "rss" => row.rss = pages,
        "rss_anon" => row.rss_anon = pages,
        "rss_file" => row.rss_file = pages,
        "rss_shmem" => row.rss_shmem = pages,
        "swapents" => row.swapents = pages,
        "oom_score_adj" => row.oom_score_adj = Some(value),
        "pgtables_bytes" => row.pgtables = number.map(Bytes),
        "nr_ptes" | "nr_pmds" | "nr_puds" => {
            row.pgtables = pages.map(|more| row.pgtables.unwrap_or_default().saturating_add(more));
        }
        _ => {}
    }
}

impl TaskTable {
    /// Measures the page by a process of which the address space is known both ways, and converts all rows by it, once.
    pub(crate) fn measure_page(&mut self, pid: u64, total_vm: Bytes) {
        if matches!(self.page, PageSize::Measured(_)) {
            return;
        }
        let row = self.rows.iter().find(|row| row.pid == pid);
        let Some(assumed) = row.and_then(|row| row.total_vm).filter(|bytes| *bytes > Bytes::ZERO) else {
            return;
        };
        let page = total_vm.0.checked_mul(PAGE_ASSUMED.0).map(|scaled| scaled / assumed.0);
        let Some(page) = page.filter(|page| page.is_power_of_two() && (4096..=1 << 20).contains(page)) else {
            return;
        };
        if assumed.0 / PAGE_ASSUMED.0 * page != total_vm.0 {
            return;
        }
        self.page = PageSize::Measured(Bytes(page));
        let factor = page / PAGE_ASSUMED.0;
        let tables_are_pages = !self.columns.iter().any(|column| column == "pgtables_bytes");
        for row in self.rows.iter_mut().filter(|_| factor > 1) {
            let TaskRow { total_vm, rss, rss_anon, rss_file, rss_shmem, swapents, pgtables, .. } = row;
            for amount in [total_vm, rss, rss_anon, rss_file, rss_shmem, swapents].into_iter().flatten() {
                *amount = Bytes(amount.0.saturating_mul(factor));
            }
            for amount in pgtables.iter_mut().filter(|_| tables_are_pages) {
                *amount = Bytes(amount.0.saturating_mul(factor));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, PageSize, TaskRow, TaskTable, parse_header, parse_row, row_start};

    const SINCE_6_8: &str = "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name";

    fn row(header: &str, line: &str) -> Option<TaskRow> {
        let (pid, rest) = row_start(line)?;
        parse_row(&parse_header(header)?, pid, rest)
    }

    #[test]
    fn the_header_row_says_which_column_is_which() {
        let new = row(SINCE_6_8, "[  25556]     7 25556    51802    16464    16224      240         0   167936        3             -5 a b").unwrap();
        assert_eq!(
            (new.rss_anon, new.pgtables, new.oom_score_adj),
            (Some(Bytes(16224 * 4096)), Some(Bytes(167_936)), Some(-5))
        );
        assert_eq!(new.comm, "a b");
        let old = "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name";
        let old = row(
            old,
            "[ 1381]     0  1381   530382     5191      34       4     5489             0 gunpowder",
        )
        .unwrap();
        assert_eq!((old.pgtables, old.rss_anon), (Some(Bytes(38 * 4096)), None));
    }

    #[test]
    fn a_stamp_a_trace_and_a_cut_row_are_no_rows() {
        assert_eq!(row_start("[ 12.345678] 1 2 3 4"), None);
        assert_eq!(row_start("[<ffffffff81720bf6>] dump_stack+0x45/0x56"), None);
        assert_eq!(row_start("[ 1381]     0  1381"), None);
        assert_eq!(row(SINCE_6_8, "[ 1381]     0  1381   530382     5191"), None);
    }

    #[test]
    fn a_name_may_be_empty() {
        let line = "[   9]     0     9   1   1   1   1   1   1   1   0 ";
        assert_eq!(row(SINCE_6_8, line).map(|row| row.comm), Some(String::new()));
    }

    #[test]
    fn the_kill_line_measures_the_page() {
        let mut table = TaskTable { columns: parse_header(SINCE_6_8).unwrap(), ..TaskTable::default() };
        table.rows.push(row(SINCE_6_8, "[ 5] 0 5 100 10 5 5 0 8192 1 0 a").unwrap());
        table.measure_page(5, Bytes(100 * 65_536 + 1));
        assert_eq!(table.page, PageSize::Assumed(Bytes(4096)));
        table.measure_page(5, Bytes(100 * 65_536));
        assert_eq!(
            (table.page, table.rows[0].rss),
            (PageSize::Measured(Bytes(65_536)), Some(Bytes(655_360)))
        );
        assert_eq!(table.rows[0].pgtables, Some(Bytes(8192)));
        // The next victim of a group tells the same page, not one of the rows as they are now.
        table.measure_page(5, Bytes(100 * 65_536));
        assert_eq!(table.page, PageSize::Measured(Bytes(65_536)));
    }
}
