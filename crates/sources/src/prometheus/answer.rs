//! Answers of Prometheus' HTTP API, a series at a time: what a query gives, and lists of label sets.
//!
//! Written at <https://prometheus.io/docs/prometheus/latest/querying/api/>; VictoriaMetrics adds `isPartial`.

use crate::prometheus::json::{JsonFault, Lexer, Token};

/// One value of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When, in seconds since 1970; what is between two counts for the later.
    pub seconds: i64,
    /// How much; not always a finite number.
    pub value: f64,
}

/// One series of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesAnswer {
    /// Its labels, in the order of the answer.
    pub labels: Vec<(String, String)>,
    /// Its values, in the order of the answer.
    pub points: Vec<Point>,
}

impl SeriesAnswer {
    /// The value of a label; one that is not there is empty, as in PromQL.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value)
    }
}

/// What an answer says beside its series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// `success` or `error`.
    pub status: String,
    /// The kind of an error.
    pub error_type: String,
    /// The server's words for it.
    pub error: String,
    /// Why the answer may not be whole.
    pub warnings: Vec<String>,
    /// How many series there were, or names where the answer is a list of them.
    pub series: u64,
}

/// Prometheus itself refuses more than 11,000 steps; samples as they are may be two in a step.
const POINTS_MAX: usize = 50_000;

/// So many digits are exact in a float.
const EXACT_DIGITS_MAX: usize = 15;

/// Seconds since 1970 with more digits are no date.
const MOMENT_DIGITS_MAX: usize = 12;

/// More labels than any exporter gives.
const LABELS_MAX: usize = 256;

/// More than a server says.
const WARNINGS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Top,
    /// `data` of a query.
    Data,
    /// `data` of a list of label sets.
    List,
    Result,
    Series,
    /// Names and values of labels.
    Labels,
    Values,
    /// Moment and value.
    Pair,
    Warnings,
    Skipped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Status,
    Data,
    ErrorType,
    Error,
    Warnings,
    IsPartial,
    Result,
    Metric,
    Values,
    Value,
    Other,
}

/// Reads one answer in pieces and hands over each series as soon as it is whole.
#[derive(Debug)]
pub struct AnswerReader {
    lexer: Lexer,
    state: AnswerState,
}

#[derive(Debug)]
struct AnswerState {
    frames: Vec<Frame>,
    key: Key,
    label: String,
    moment: Option<f64>,
    series: SeriesAnswer,
    verdict: Verdict,
}

impl Default for AnswerReader {
    fn default() -> Self {
        let state = AnswerState {
            frames: Vec::new(),
            key: Key::Other,
            label: String::new(),
            moment: None,
            series: SeriesAnswer::default(),
            verdict: Verdict::default(),
        };
        Self { lexer: Lexer::default(), state }
    }
}

impl AnswerReader {
    /// Reads one more piece.
    ///
    /// # Errors
    /// When it is no JSON, or not the JSON of such an answer.
    pub fn feed(&mut self, piece: &[u8], take: &mut dyn FnMut(&SeriesAnswer)) -> Result<(), JsonFault> {
        let Self { lexer, state } = self;
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = match sample(rest) {
                Some((point, length)) if lexer.is_before_element() && state.has_room() => {
                    state.series.points.push(point);
                    lexer.pass_element(length);
                    length
                }
                Some(_) | None => lexer.next(rest, &mut |token| state.token(token, take))?,
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// What the whole answer said.
    ///
    /// # Errors
    /// When the answer ended before its end.
    pub fn end(self) -> Result<Verdict, JsonFault> {
        if self.lexer.is_over() {
            return Ok(self.state.verdict);
        }
        Err(JsonFault { offset: self.lexer.read_bytes(), expected: "the rest of the answer", is_cut: true })
    }
}

impl AnswerState {
    fn token(&mut self, token: Token<'_>, take: &mut dyn FnMut(&SeriesAnswer)) -> Result<(), &'static str> {
        match token {
            Token::Key(name) => self.name(name),
            Token::BeginObject => self.begin_object(),
            Token::BeginArray => self.begin_array(),
            Token::End => {
                self.end(take);
                Ok(())
            }
            Token::Text(text) => self.text(text),
            Token::Number(text) => self.number(text),
            Token::Truth(is_true) => {
                if self.frame() == Some(Frame::Top) && self.key == Key::IsPartial && is_true {
                    self.warn("the server says that the answer is partial");
                }
                Ok(())
            }
            Token::Null => Ok(()),
        }
    }

    /// Whether a list of values is being read that may have one more.
    fn has_room(&self) -> bool {
        self.frame() == Some(Frame::Values) && self.series.points.len() < POINTS_MAX
    }

    fn frame(&self) -> Option<Frame> {
        self.frames.last().copied()
    }

    fn name(&mut self, name: &str) -> Result<(), &'static str> {
        if self.frame() == Some(Frame::Labels) {
            self.label.clear();
            self.label.push_str(name);
            return Ok(());
        }
        self.key = match (self.frame(), name) {
            (Some(Frame::Top), "status") => Key::Status,
            (Some(Frame::Top), "data") => Key::Data,
            (Some(Frame::Top), "errorType") => Key::ErrorType,
            (Some(Frame::Top), "error") => Key::Error,
            (Some(Frame::Top), "warnings") => Key::Warnings,
            (Some(Frame::Top), "isPartial") => Key::IsPartial,
            (Some(Frame::Data), "result") => Key::Result,
            (Some(Frame::Series), "metric") => Key::Metric,
            (Some(Frame::Series), "values") => Key::Values,
            (Some(Frame::Series), "value") => Key::Value,
            (_, _) => Key::Other,
        };
        Ok(())
    }

    fn begin_object(&mut self) -> Result<(), &'static str> {
        let frame = match (self.frame(), self.key) {
            (None, _) => Frame::Top,
            (Some(Frame::Top), Key::Data) => Frame::Data,
            (Some(Frame::Result), _) => {
                self.series.labels.clear();
                self.series.points.clear();
                Frame::Series
            }
            (Some(Frame::List), _) => {
                self.series.labels.clear();
                self.series.points.clear();
                Frame::Labels
            }
            (Some(Frame::Series), Key::Metric) => Frame::Labels,
            (Some(Frame::Data), Key::Result) => return Err("a list of series in `result`"),
            (Some(Frame::Values | Frame::Pair | Frame::Labels | Frame::Warnings), _) => {
                return Err("no object here");
            }
            (Some(Frame::Top | Frame::Data | Frame::Series | Frame::Skipped), _) => Frame::Skipped,
        };
        self.frames.push(frame);
        Ok(())
    }

    fn begin_array(&mut self) -> Result<(), &'static str> {
        let frame = match (self.frame(), self.key) {
            (None, _) => return Err("an object with `status` and `data`"),
            (Some(Frame::Top), Key::Data) => Frame::List,
            (Some(Frame::Top), Key::Warnings) => Frame::Warnings,
            (Some(Frame::Data), Key::Result) => Frame::Result,
            (Some(Frame::Series), Key::Values) => Frame::Values,
            (Some(Frame::Series), Key::Value) | (Some(Frame::Values), _) => {
                self.moment = None;
                Frame::Pair
            }
            (Some(Frame::Result), _) => return Err("a series as an object"),
            (Some(Frame::Pair | Frame::Labels | Frame::List | Frame::Warnings), _) => {
                return Err("no list here");
            }
            (Some(Frame::Top | Frame::Data | Frame::Series | Frame::Skipped), _) => Frame::Skipped,
        };
        self.frames.push(frame);
        Ok(())
    }

    fn end(&mut self, take: &mut dyn FnMut(&SeriesAnswer)) {
        let ended = self.frames.pop();
        let is_series = ended == Some(Frame::Series)
            || (ended == Some(Frame::Labels) && self.frame() == Some(Frame::List));
        if is_series {
            self.verdict.series += 1;
            take(&self.series);
        }
        // `values` is one list in `Series`: the next member has a name of its own.
        if self.frame() != Some(Frame::Values) {
            self.key = Key::Other;
        }
    }

    fn text(&mut self, text: &str) -> Result<(), &'static str> {
        match (self.frame(), self.key) {
            (Some(Frame::Pair), _) => self.point(text),
            (Some(Frame::Labels), _) => {
                if self.series.labels.len() >= LABELS_MAX {
                    return Err("at most 256 labels");
                }
                self.series.labels.push((std::mem::take(&mut self.label), text.to_owned()));
                Ok(())
            }
            (Some(Frame::Top), Key::Status) => {
                self.verdict.status = text.to_owned();
                Ok(())
            }
            (Some(Frame::Top), Key::ErrorType) => {
                self.verdict.error_type = text.to_owned();
                Ok(())
            }
            (Some(Frame::Top), Key::Error) => {
                self.verdict.error = text.to_owned();
                Ok(())
            }
            (Some(Frame::Warnings), _) => {
                self.warn(text);
                Ok(())
            }
            (Some(Frame::List), _) => {
                self.verdict.series += 1;
                Ok(())
            }
            (None, _) => Err("an object with `status` and `data`"),
            (Some(Frame::Values), _) => Err("pairs of moment and value"),
            (Some(Frame::Top | Frame::Data | Frame::Result | Frame::Series | Frame::Skipped), _) => Ok(()),
        }
    }

    fn warn(&mut self, words: &str) {
        let warnings = &mut self.verdict.warnings;
        if warnings.len() < WARNINGS_MAX && !warnings.iter().any(|other| other == words) {
            warnings.push(words.to_owned());
        }
    }

    fn point(&mut self, text: &str) -> Result<(), &'static str> {
        let moment = self.moment.take().ok_or("a moment before a value")?;
        // Prometheus writes `NaN`, `+Inf` and `-Inf`; Rust reads all three.
        let value = number_of(text).ok_or("a number in quotes")?;
        if self.series.points.len() >= POINTS_MAX {
            return Err("at most 50000 values a series");
        }
        self.series.points.push(Point { seconds: moment.ceil() as i64, value });
        Ok(())
    }

    fn number(&mut self, text: &str) -> Result<(), &'static str> {
        match self.frame() {
            Some(Frame::Pair) if self.moment.is_none() => {
                let moment = number_of(text).ok_or("a moment in seconds")?;
                if !(0.0..1e12).contains(&moment) {
                    return Err("a moment in seconds since 1970");
                }
                self.moment = Some(moment);
                Ok(())
            }
            Some(Frame::Pair) => Err("a value in quotes"),
            None => Err("an object with `status` and `data`"),
            Some(
                Frame::Top
                | Frame::Data
                | Frame::List
                | Frame::Result
                | Frame::Series
                | Frame::Labels
                | Frame::Values
                | Frame::Warnings
                | Frame::Skipped,
            ) => Ok(()),
        }
    }
}

/// A moment and a value in whole numbers, as nearly all of a long answer is, and how many bytes they take; whatever else is there,
/// or goes on in the next piece, is read mark by mark.
fn sample(text: &[u8]) -> Option<(Point, usize)> {
    let (seconds, rest) = whole_number(text.strip_prefix(b"[")?, MOMENT_DIGITS_MAX)?;
    let (value, rest) = whole_number(rest.strip_prefix(b",\"")?, EXACT_DIGITS_MAX)?;
    let rest = rest.strip_prefix(b"\"]")?;
    Some((Point { seconds: seconds.cast_signed(), value: value as f64 }, text.len() - rest.len()))
}

/// The digits at the beginning, and what is behind them.
fn whole_number(text: &[u8], digits_max: usize) -> Option<(u64, &[u8])> {
    let (mut number, mut rest) = (0, text);
    while let Some((&byte @ b'0'..=b'9', behind)) = rest.split_first() {
        number = number * 10 + u64::from(byte - b'0');
        rest = behind;
        if text.len() - rest.len() > digits_max {
            return None;
        }
    }
    (rest.len() < text.len()).then_some((number, rest))
}

/// A number; most are whole amounts, which are read several times as fast.
fn number_of(text: &str) -> Option<f64> {
    if text.is_empty() || text.len() > EXACT_DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    Some(text.bytes().fold(0_u64, |number, byte| number * 10 + u64::from(byte - b'0')) as f64)
}

#[cfg(test)]
mod tests {
    use super::{AnswerReader, Point, SeriesAnswer, Verdict, number_of};
    use crate::prometheus::json::JsonFault;
    use proptest::prelude::{ProptestConfig, prop, proptest};

    fn read(text: &str, piece_bytes: usize) -> Result<(Vec<SeriesAnswer>, Verdict), JsonFault> {
        let mut reader = AnswerReader::default();
        let mut all = Vec::new();
        for piece in text.as_bytes().chunks(piece_bytes) {
            reader.feed(piece, &mut |series| all.push(series.clone()))?;
        }
        Ok((all, reader.end()?))
    }

    const MATRIX: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"pod":"a","namespace":"x"},"values":[[1700000000,"1"],[1700000300.5,"NaN"],[1700000600,"+Inf"]]},
        {"values":[[1700000000,"2e3"]],"histograms":[[1700000000,{"count":"1","buckets":[[0,"1","2","3"]]}]],"metric":{}}
        ]},"warnings":["store 10.0.0.7 did not answer"],"infos":["x"]}"#;

    #[test]
    fn a_matrix_is_read_a_series_at_a_time() {
        let (series, verdict) = read(MATRIX, MATRIX.len()).unwrap();
        assert_eq!(series.len(), 2);
        assert_eq!((series[0].label("pod"), series[0].label("container")), ("a", ""));
        assert_eq!(series[0].points[0], Point { seconds: 1_700_000_000, value: 1.0 });
        assert_eq!(series[0].points[1].seconds, 1_700_000_301);
        assert!(series[0].points[1].value.is_nan() && series[0].points[2].value.is_infinite());
        assert_eq!(series[1].points, [Point { seconds: 1_700_000_000, value: 2000.0 }]);
        assert_eq!(verdict.status, "success");
        assert_eq!(verdict.warnings, ["store 10.0.0.7 did not answer"]);
        assert_eq!(verdict.series, 2);
    }

    #[test]
    fn a_vector_and_a_list_of_label_sets_are_series_too() {
        let vector = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[5,"7"]}]}}"#;
        assert_eq!(read(vector, 3).unwrap().0[0].points, [Point { seconds: 5, value: 7.0 }]);
        let list = r#"{"status":"success","data":[{"pod":"a"},{"pod":"b","node":"\u0041"}]}"#;
        let series = read(list, 2).unwrap().0;
        assert_eq!((series[0].label("pod"), series[1].label("node")), ("a", "A"));
        let names = r#"{"status":"success","data":["up","go_info"]}"#;
        assert_eq!(read(names, 2).unwrap().0, []);
    }

    #[test]
    fn an_error_has_the_servers_own_words() {
        let text = r#"{"status":"error","errorType":"bad_data","error":"parse error: unexpected \"}\""}"#;
        let verdict = read(text, 5).unwrap().1;
        assert_eq!((verdict.status.as_str(), verdict.error_type.as_str()), ("error", "bad_data"));
        assert_eq!(verdict.error, "parse error: unexpected \"}\"");
        let partial = r#"{"status":"success","isPartial":true,"data":{"result":[]}}"#;
        assert_eq!(read(partial, 9).unwrap().1.warnings.len(), 1);
    }

    #[test]
    fn another_shape_is_refused() {
        for text in [
            "[]",
            "7",
            r#"{"data":{"result":{}}}"#,
            r#"{"data":{"result":[[]]}}"#,
            r#"{"data":{"result":[{"values":[[1,2]]}]}}"#,
            r#"{"data":{"result":[{"values":["1"]}]}}"#,
            r#"{"data":{"result":[{"values":[[1,"x"]]}]}}"#,
            r#"{"data":{"result":[{"values":[[-1,"1"]]}]}}"#,
            r#"{"data":{"result":[{"values":[["1","1"]]}]}}"#,
        ] {
            assert!(read(text, 4).is_err(), "{text}");
        }
        let half = &MATRIX[..MATRIX.len() / 2];
        assert_eq!(read(half, 7).unwrap_err().expected, "the rest of the answer");
    }

    #[test]
    fn whole_numbers_are_read_as_any_others() {
        for text in ["0", "7", "314572800", "999999999999999", "1000000000000000", "18446744073709551616"] {
            assert_eq!(number_of(text), text.parse().ok(), "{text}");
        }
        for text in ["", "-", "1x", "+", " 1", "१"] {
            assert_eq!(number_of(text), None, "{text}");
        }
        assert_eq!(number_of("-3.5e2"), Some(-350.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Byte by byte no value is ever there as a whole.
        #[test]
        fn a_list_of_values_is_the_same_however_it_comes(
            values in prop::collection::vec(("[0-9]{1,13}(\\.[0-9])?", "-?[0-9]{1,17}|NaN|[0-9]\\.5"), 0..9),
            mark in "[],{ \"]?", piece in 1_usize..60,
        ) {
            let pairs: Vec<String> = values.iter().map(|(moment, value)| format!("[{moment},\"{value}\"]")).collect();
            let list = pairs.join(",");
            let text = format!(r#"{{"data":{{"result":[{{"values":[{list}{mark}]}}],"other":[{list}]}}}}"#);
            let shown = |piece| read(&text, piece).map(|(series, verdict)| (format!("{series:?}"), verdict));
            assert_eq!(shown(piece), shown(1));
            assert_eq!(shown(text.len()), shown(1));
        }

        #[test]
        fn a_damaged_answer_is_refused_or_read_but_never_a_panic(at in 0..MATRIX.len(), byte: u8, piece in 1_usize..200) {
            let mut bytes = MATRIX.as_bytes().to_vec();
            bytes[at] = byte;
            let mut reader = AnswerReader::default();
            let read = bytes.chunks(piece).try_for_each(|piece| reader.feed(piece, &mut |_| {}));
            let series = reader.end().map_or(0, |verdict| verdict.series);
            assert!(series <= 2 || read.is_err(), "{series} of two series");
        }
    }
}
