//! Servers that refuse, break off, answer something else, or say that their answer is not whole.

use super::{COUNTS, PEAKS, answer, ask, ask_with, labels, printed, series, settings, shop, shop_but};
use model::history::RemarkEffect;
use sources::prometheus::error::PrometheusError;
use sources::prometheus::fetch;
use sources::prometheus::settings::PartialAnswers;
use sources::prometheus::token::Token;
use std::time::{Duration, Instant};
use testkit::scripted_prometheus::{NOTHING, Reply, ScriptedPrometheus};

fn refused(status: &'static str, headers: &str, body: &str) -> Vec<Reply> {
    vec![Reply::Status(status, headers.to_owned(), body.to_owned())]
}

/// What is said when every question gets this.
fn said(replies: Vec<Reply>) -> String {
    printed(&ask_with(&[("", replies)]).unwrap_err())
}

#[test]
fn a_page_is_told_by_its_words() {
    let page = "<!DOCTYPE html>\n<html><head><title>Grafana</title></head><body>Login</body></html>";
    let html = "Content-Type: text/html\r\n";
    let error = said(refused("200 OK", html, page));
    assert!(error.contains("expected Prometheus' JSON, found HTML that begins with `Grafana`"), "{error}");
    let error = said(refused("404 Not Found", html, "<html><h1>Not here</h1></html>"));
    assert!(error.contains("HTTP status 404: Not here (is the path in the address"), "{error}");
}

#[test]
fn a_token_is_wanted_refused_or_fine_and_never_shown() {
    let server = ScriptedPrometheus::start_behind("s3cret", &shop()).unwrap();
    let error = printed(&ask(&server).unwrap_err());
    assert!(error.contains("HTTP status 401: the server wants a token: give --token-file"), "{error}");
    let mut settings = settings(&server.url());
    settings.token = Token::new("wr0ng");
    let error = fetch(&settings, &|_| {}).unwrap_err();
    assert!(printed(&error).contains("the server refuses the token"), "{error}");
    assert!(!format!("{error:?} {} {settings:?}", printed(&error)).contains("wr0ng"), "{error:?}");
    assert_eq!(server.asked().len(), 2, "a refusal is not asked again");
    settings.token = Token::new("s3cret");
    assert_eq!(fetch(&settings, &|_| {}).unwrap().histories.workloads.len(), 2);
}

#[test]
fn a_redirect_is_told_and_the_token_does_not_follow() {
    let elsewhere = ScriptedPrometheus::start(&shop()).unwrap();
    let location = format!("Location: {}/login?back=x\r\n", elsewhere.url());
    let server = ScriptedPrometheus::start(&[("", refused("302 Found", &location, ""))]).unwrap();
    let mut settings = settings(&server.url());
    settings.token = Token::new("s3cret");
    let error = printed(&fetch(&settings, &|_| {}).unwrap_err());
    assert!(error.contains("HTTP status 302: the server points to `http://127.0.0.1:"), "{error}");
    assert_eq!(elsewhere.asked(), []);
}

#[test]
fn prometheus_own_words_are_told() {
    let body = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error"}"#;
    let error = said(refused("400 Bad Request", "", body));
    assert!(
        error.contains("/api/v1/query: HTTP status 400: invalid parameter \"query\": 1:5: parse error"),
        "{error}"
    );
    let error = said(vec![Reply::Json(body.to_owned())]);
    assert!(error.contains("/api/v1/query: invalid parameter"), "{error}");
}

#[test]
fn a_silent_server_costs_no_more_than_the_deadline() {
    for silent_at in ["time()", PEAKS] {
        let server = ScriptedPrometheus::start(&shop_but(vec![(silent_at, vec![Reply::Silent])])).unwrap();
        let mut settings = settings(&server.url());
        settings.bounds.deadline = Duration::from_millis(150);
        let started = Instant::now();
        let error = fetch(&settings, &|_| {}).unwrap_err();
        assert!(matches!(error, PrometheusError::Deadline { .. }), "{error:?}");
        assert!(error.to_string().ends_with("no whole answer within 150ms"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}

#[test]
fn nobody_listening_is_told_with_the_address() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let error = printed(&fetch(&settings(&format!("http://{free}")), &|_| {}).unwrap_err());
    assert!(error.contains(&format!("http://{free}: cannot connect: ")), "{error}");
}

#[test]
fn a_half_answer_is_asked_again_and_counts_once() {
    let whole = super::success(vec![series(labels("web-7c-a"), &[(0, "5"), (1, "6")])]);
    for half in [Reply::Half(whole.clone()), Reply::Cut(whole.clone()), Reply::HangUp] {
        let replies = vec![half.clone(), half.clone(), Reply::Json(whole.clone())];
        let fetched = ask_with(&shop_but(vec![(PEAKS, replies)])).unwrap();
        assert_eq!(fetched.histories.workloads[0].series.samples().len(), 2);
        assert_eq!(fetched.histories.remarks, []);
        let error = ask_with(&shop_but(vec![(PEAKS, vec![half])])).unwrap_err();
        let words = printed(&error);
        assert!(words.contains("query_range: not a whole"), "{words}");
    }
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let busy = || refused("503 Service Unavailable", "Retry-After: 0\r\n", "starting").remove(0);
    let mut replies = vec![busy(), busy(), busy()];
    replies.extend(shop().remove(1).1);
    assert_eq!(ask_with(&shop_but(vec![(PEAKS, replies)])).unwrap().histories.workloads.len(), 2);
    let error = printed(&ask_with(&shop_but(vec![(PEAKS, vec![busy()])])).unwrap_err());
    assert!(error.contains("query_range: HTTP status 503: starting"), "{error}");
}

#[test]
fn what_is_not_whole_is_not_advised_upon_unless_wanted() {
    let mut partial = answer(vec![series(labels("web-7c-a"), &[(0, "5"), (1, "6")])]);
    let Reply::Json(body) = &mut partial[0] else { panic!("it is JSON") };
    *body = body.replacen('{', r#"{"warnings":["store 10.0.0.7:10901 is not available"],"#, 1);
    let server = ScriptedPrometheus::start(&shop_but(vec![(PEAKS, partial)])).unwrap();
    let mut settings = settings(&server.url());
    let error = printed(&fetch(&settings, &|_| {}).unwrap_err());
    assert!(error.contains("not whole: store 10.0.0.7:10901 is not available"), "{error}");
    assert!(error.contains("--partial"), "{error}");
    settings.partial = PartialAnswers::Kept;
    let fetched = fetch(&settings, &|_| {}).unwrap();
    assert_eq!(fetched.histories.remarks[0].effect, RemarkEffect::Refused);
}

#[test]
fn an_empty_server_is_told_by_what_it_has() {
    let error = printed(&ask_with(&[]).unwrap_err());
    assert!(
        error.contains("no container's memory between 2023-11-14T21:20:00Z and 2023-11-14T22:15:00Z"),
        "{error}"
    );
    assert!(error.contains("looked for container_memory_working_set_bytes"), "{error}");
    assert!(error.contains("it has no metric at all"), "{error}");
    let names = vec![Reply::Json(r#"{"status":"success","data":["up","go_info"]}"#.to_owned())];
    let error = printed(&ask_with(&[("__name__", names)]).unwrap_err());
    assert!(error.contains("it has 2 other metrics"), "{error}");
    let error = ask_with(&shop_but(vec![(COUNTS, vec![Reply::Json(NOTHING.to_owned())])])).unwrap_err();
    assert!(matches!(error, PrometheusError::Empty { .. }), "{error:?}");
}

#[test]
fn values_that_are_no_amounts_are_left_out_and_told() {
    let hour = |value: &'static str| (0..12).map(|step| (step, value)).collect::<Vec<_>>();
    let fetched = ask_with(&shop_but(vec![(
        PEAKS,
        answer(vec![
            series(labels("a"), &[(0, "NaN"), (1, "+Inf"), (2, "-5"), (3, "1e7")]),
            series(labels("b"), &[(0, "NaN")]),
            series(labels("c"), &[(4, "7"), (3, "6"), (3, "9")]),
            series(labels("c"), &[(4, "8")]),
            series(labels("d"), &hour("7")),
            series(labels("d"), &hour("8")),
            series(labels("d"), &hour("6")),
        ]),
    )]))
    .unwrap();
    let [a, c, d] = &fetched.histories.workloads[..] else { panic!("three") };
    assert!(d.series.samples().len() == 12 && d.series.peak().unwrap().usage.0 == 8);
    assert_eq!(a.series.samples().len(), 1);
    let usages: Vec<u64> = c.series.samples().iter().map(|sample| sample.usage.0).collect();
    assert_eq!(usages, [9, 8]);
    let remarks: Vec<String> = fetched.histories.remarks.iter().map(ToString::to_string).collect();
    for words in [
        "`shop/b/app` is left out",
        "`shop/a/app`, 2",
        "below zero",
        "`shop/c/app`, 2",
        "more than one series",
    ] {
        assert!(remarks.iter().any(|remark| remark.contains(words)), "{words}: {remarks:?}");
    }
}

#[test]
fn another_kind_of_server_is_told() {
    for body in ["[]", r#"{"status":"success","data":{"result":{}}}"#, "7", "x"] {
        let error = said(vec![Reply::Json(body.to_owned())]);
        assert!(error.contains("not a whole answer of Prometheus: byte"), "{body}: {error}");
    }
}
