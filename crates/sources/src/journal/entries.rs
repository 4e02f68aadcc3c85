//! The way through a list of entries: blocks of offsets, each naming the next block.

use super::header::Layout;
use super::object::{ARRAY_HEAD_BYTES, Damaged, ENTRY_ARRAY, kind_and_size, number};
use super::window::Windows;

/// A position in a list of entries.
#[derive(Clone, Copy, Debug)]
pub struct EntryChain {
    /// An entry that stands before the list; values keep their first one apart.
    first: Option<u64>,
    /// The block, 0 for none.
    block: u64,
    /// The next item in the block.
    item: u64,
    layout: Layout,
}

impl EntryChain {
    /// A list that begins with `first`, if there is one, and goes on in `block`, unless that is 0.
    pub const fn new(first: Option<u64>, block: u64, layout: Layout) -> Self {
        Self { first, block, item: 0, layout }
    }

    /// Where the next entry lies; `None` at the end of the list.
    pub fn next(&mut self, windows: &mut Windows) -> Result<Option<u64>, Damaged> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        while self.block != 0 {
            let head = windows.show(self.block, 24)?;
            let (kind, size) = kind_and_size(head).ok_or(Damaged)?;
            let next_block = number(head, 16).ok_or(Damaged)?;
            let item_bytes = self.layout.array_item_bytes();
            let items = size.checked_sub(ARRAY_HEAD_BYTES).ok_or(Damaged)? / item_bytes as u64;
            if kind != ENTRY_ARRAY {
                return Err(Damaged);
            }
            if self.item < items {
                let offset = self.block + ARRAY_HEAD_BYTES + self.item * item_bytes as u64;
                let item = windows.show(offset, item_bytes)?;
                let entry = self.layout.offset(item).ok_or(Damaged)?;
                // Blocks are made larger than needed: the rest of the last one is zero.
                self.item += 1;
                return Ok((entry != 0).then_some(entry));
            }
            // Blocks are appended, so the next one lies behind; anything else could be a circle.
            if next_block != 0 && next_block <= self.block {
                return Err(Damaged);
            }
            self.block = next_block;
            self.item = 0;
        }
        Ok(None)
    }
}
