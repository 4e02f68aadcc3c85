//! Where a text stands in the file: at an offset, or, inside a quoted or indented value, piece by piece.

use model::document::Span;

/// A text's place in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    base: usize,
    map: Option<&'a Map>,
}

/// The pieces of a text that was taken out of a value, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    segments: Vec<Segment>,
}

/// A stretch of the inner text and the stretch of the file that it comes from. Of equal lengths, byte answers to byte; else the whole
/// to the whole, as with an escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) inner: Span,
    pub(crate) outer: Span,
}

impl Segment {
    const fn is_linear(self) -> bool {
        self.inner.end - self.inner.start == self.outer.end - self.outer.start
    }
}

impl<'a> Place<'a> {
    /// A text that is the file.
    pub(crate) const FILE: Self = Self { base: 0, map: None };

    /// A text with a map.
    pub(crate) const fn mapped(map: &'a Map) -> Self {
        Self { base: 0, map: Some(map) }
    }

    /// The place of the part that begins at `start`.
    pub(crate) const fn from(self, start: usize) -> Self {
        Self { base: self.base + start, map: self.map }
    }

    /// The file's stretch for one of the text.
    pub(crate) fn span(self, start: usize, end: usize) -> Span {
        let (start, end) = (self.base + start, self.base + end);
        match self.map {
            None => Span::new(start, end),
            Some(map) => map.span(start, end),
        }
    }

    /// The text's stretch for one of the file.
    pub(crate) fn inner(self, span: Span) -> Span {
        let inner = match self.map {
            None => span,
            Some(map) => Span::new(map.inner(span.start), map.inner(span.end)),
        };
        Span::new(inner.start.saturating_sub(self.base), inner.end.saturating_sub(self.base))
    }
}

impl Map {
    /// Adds the next stretch; one that continues the last joins it.
    pub(crate) fn push(&mut self, inner: Span, outer: Span) {
        if inner.start == inner.end {
            return;
        }
        let next = Segment { inner, outer };
        if let Some(last) = self.segments.last_mut() {
            let joins = last.inner.end == inner.start && last.outer.end == outer.start;
            if joins && last.is_linear() && next.is_linear() {
                last.inner.end = inner.end;
                last.outer.end = outer.end;
                return;
            }
        }
        self.segments.push(next);
    }

    /// The same map where `outer` is itself a stretch of a text at `place`.
    pub(crate) fn through(&self, place: Place<'_>) -> Self {
        let mut through = Self::default();
        for segment in &self.segments {
            let Some(map) = place.map else {
                through.push(segment.inner, place.span(segment.outer.start, segment.outer.end));
                continue;
            };
            if !segment.is_linear() {
                through.push(segment.inner, place.span(segment.outer.start, segment.outer.end));
                continue;
            }
            let from = segment.outer.start + place.base;
            let to = segment.outer.end + place.base;
            let first = map.segments.partition_point(|outer| outer.inner.end <= from);
            for outer in map.segments[first..].iter().take_while(|outer| outer.inner.start < to) {
                let start = from.max(outer.inner.start);
                let end = to.min(outer.inner.end);
                let inner = Span::new(segment.inner.start + start - from, segment.inner.start + end - from);
                through.push(inner, map.span(start, end));
            }
        }
        through
    }

    fn at(&self, inner: usize) -> Option<&Segment> {
        let behind = self.segments.partition_point(|segment| segment.inner.start <= inner);
        self.segments.get(behind.saturating_sub(1))
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let first = self.at(start).map_or(0, |segment| {
            let into = start.saturating_sub(segment.inner.start);
            if segment.is_linear() || start >= segment.inner.end {
                (segment.outer.start + into).min(segment.outer.end)
            } else {
                segment.outer.start
            }
        });
        if end <= start {
            return Span::new(first, first);
        }
        let last = self.at(end - 1).map_or(first, |segment| {
            if segment.is_linear() {
                segment.outer.start + (end - segment.inner.start).min(segment.outer.end - segment.outer.start)
            } else {
                segment.outer.end
            }
        });
        Span::new(first, last.max(first))
    }

    fn inner(&self, outer: usize) -> usize {
        let behind = self.segments.partition_point(|segment| segment.outer.start <= outer);
        self.segments.get(behind.saturating_sub(1)).map_or(0, |segment| {
            let into = outer.saturating_sub(segment.outer.start);
            (segment.inner.start + into).min(segment.inner.end)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Map, Place, Span};

    #[test]
    fn places_pass_through_every_layer() {
        // `ab\n` at 10..13, `cd` at 17..19 of the file; inside it `b\nc` was taken out of a value.
        let mut outer = Map::default();
        outer.push(Span::new(0, 3), Span::new(10, 13));
        outer.push(Span::new(3, 5), Span::new(17, 19));
        assert_eq!(Place::mapped(&outer).span(1, 4), Span::new(11, 18));
        assert_eq!(Place::mapped(&outer).span(0, 3), Span::new(10, 13));
        assert_eq!(Place::mapped(&outer).inner(Span::new(11, 18)), Span::new(1, 4));
        let mut inner = Map::default();
        inner.push(Span::new(0, 3), Span::new(1, 4));
        let through = inner.through(Place::mapped(&outer));
        assert_eq!(Place::mapped(&through).span(0, 1), Span::new(11, 12));
        assert_eq!(Place::mapped(&through).span(2, 3), Span::new(17, 18));
    }

    #[test]
    fn an_escape_is_one_place() {
        let mut map = Map::default();
        map.push(Span::new(0, 1), Span::new(5, 6));
        map.push(Span::new(1, 2), Span::new(6, 8));
        map.push(Span::new(2, 3), Span::new(8, 9));
        assert_eq!(Place::mapped(&map).span(0, 2), Span::new(5, 8));
        assert_eq!(Place::mapped(&map).span(1, 3), Span::new(6, 9));
        assert_eq!(Place::mapped(&map).span(3, 3), Span::new(9, 9));
    }
}
