//! A file of `kind: AgentConfig` into what it means, with everything that is wrong in it and where.

use super::{
    AgentConfigFile, Alerts, HttpSink, LogSink, NearLimit, Plain, Pressure, Ratio, Retention, Rules, Sink,
    length,
};
use crate::placed::{Fault, Place, Placed, from_yaml};
use kernel::bytes::Bytes;
use model::alert::AlertRule;
use model::alert::rules::{AlertRules, Band, RuleSettings};
use model::alert::silence::{Silence, SilenceSpan};
use model::finding::Severity;
use model::quantity::Quantity;
use model::sink::{Address, SinkKind, SinkSettings};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// An answer of a receiver that takes longer does not count, unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A longer deadline would keep a courier from noticing that it is to end.
const TIMEOUT_MAX: Duration = Duration::from_secs(300);

/// What a configuration means.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentConfig {
    /// When alerts begin, are told again and end.
    pub rules: AlertRules,
    /// Whom alerts are told to.
    pub sinks: Vec<SinkSettings>,
    /// What nobody is told of.
    pub silences: Vec<Silence>,
    /// History takes at most this.
    pub history_bytes_max: u64,
    /// More workloads at a time are not remembered.
    pub workloads_max: usize,
}

impl Default for AgentConfig {
    /// What holds without a file: every rule, and nobody to tell.
    fn default() -> Self {
        Self {
            rules: AlertRules::default(),
            sinks: Vec::new(),
            silences: Vec::new(),
            history_bytes_max: 512 << 20,
            workloads_max: 20_000,
        }
    }
}

/// Reads a configuration.
///
/// # Errors
/// With all faults. A text that does not fit the schema has one fault, the first.
pub fn read(text: &str) -> Result<AgentConfig, Vec<Fault>> {
    let file: AgentConfigFile = from_yaml(text).map_err(|fault| vec![fault])?;
    let AgentConfigFile { api_version: _, kind: _, spec } = &file;
    let mut reader = Reader { faults: Vec::new() };
    let Retention { history_size, workloads } = &spec.retention;
    let base = AgentConfig::default();
    let config = AgentConfig {
        rules: reader.alerts(&spec.alerts),
        sinks: reader.sinks(&spec.sinks),
        silences: spec.silences.iter().enumerate().map(|(number, one)| reader.silence(number, one)).collect(),
        history_bytes_max: reader.bytes(history_size.as_ref(), Bytes(base.history_bytes_max)).0,
        workloads_max: reader.count(workloads.as_ref(), base.workloads_max as u64, 1_000_000) as usize,
    };
    let mut faults = reader.faults;
    faults.sort();
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, place: Place, words: impl Into<String>) {
        self.faults.push(Fault { place, words: words.into() });
    }

    fn alerts(&mut self, written: &Alerts) -> AlertRules {
        let base = AlertRules::default();
        let Alerts { repeat_interval, resolve_after, quiet_after, rules } = written;
        let Rules { near_limit, swap_usage, pressure, node_swap, .. } = rules;
        let repeat = self.time(repeat_interval.as_ref(), base.repeat);
        if let Some(place) = repeat_interval.as_ref().filter(|_| repeat < Duration::from_secs(60)) {
            self.fault(place.place(), "expected at least `1m`: what stands would be told all the time");
        }
        AlertRules {
            repeat,
            clear_hold: self.time(resolve_after.as_ref(), base.clear_hold),
            quiet: self.time(quiet_after.as_ref(), base.quiet),
            rules: self.rules(rules),
            headroom: self.band_below(near_limit, base.headroom),
            headroom_ratio_critical: self
                .ratio(near_limit.critical_headroom_ratio.as_ref(), base.headroom_ratio_critical),
            time_left: self.time(near_limit.time_left.as_ref(), base.time_left),
            swap: self.band((&swap_usage.fires_ratio, &swap_usage.clears_ratio), base.swap),
            stalled: self.band((&pressure.fires_ratio, &pressure.clears_ratio), base.stalled),
            stalled_ratio_critical: self.ratio(pressure.critical_ratio.as_ref(), base.stalled_ratio_critical),
            node_swap: self.band((&node_swap.fires_ratio, &node_swap.clears_ratio), base.node_swap),
        }
    }

    /// What every rule has; one that is switched off is left out.
    fn rules(&mut self, rules: &Rules) -> std::collections::BTreeMap<AlertRule, RuleSettings> {
        let Rules { near_limit, swap_usage, pressure, oom_kill, invisible_kill, leak, .. } = rules;
        let Rules { limit_drift, node_swap, eviction_line, unattributed_kills, .. } = rules;
        let ratio = |Ratio { enabled, severity, hold, .. }: &Ratio| Plain {
            enabled: *enabled,
            severity: *severity,
            hold: hold.clone(),
        };
        let NearLimit { enabled, severity, hold, .. } = near_limit;
        let near_limit = Plain { enabled: *enabled, severity: *severity, hold: hold.clone() };
        let Pressure { enabled, severity, hold, .. } = pressure;
        let pressure = Plain { enabled: *enabled, severity: *severity, hold: hold.clone() };
        let all = [
            (AlertRule::NearLimit, near_limit),
            (AlertRule::SwapUsage, ratio(swap_usage)),
            (AlertRule::Pressure, pressure),
            (AlertRule::OomKill, oom_kill.clone()),
            (AlertRule::InvisibleKill, invisible_kill.clone()),
            (AlertRule::Leak, leak.clone()),
            (AlertRule::LimitDrift, limit_drift.clone()),
            (AlertRule::NodeSwap, ratio(node_swap)),
            (AlertRule::EvictionLine, eviction_line.clone()),
            (AlertRule::UnattributedKills, unattributed_kills.clone()),
        ];
        let is_on = |plain: &Plain| plain.enabled.unwrap_or(true);
        let mut settings = |(rule, plain): (AlertRule, Plain)| {
            let hold = self.time(plain.hold.as_ref(), AlertRules::hold_default(rule));
            is_on(&plain).then(|| (rule, RuleSettings { severity: plain.severity.map(severity_of), hold }))
        };
        all.into_iter().filter_map(&mut settings).collect()
    }

    fn time(&mut self, written: Option<&Placed<String>>, default: Duration) -> Duration {
        let Some(written) = written else { return default };
        length::parse(written).unwrap_or_else(|words| {
            self.fault(written.place(), words);
            default
        })
    }

    fn bytes(&mut self, written: Option<&Placed<String>>, default: Bytes) -> Bytes {
        let Some(written) = written else { return default };
        match written.parse::<Quantity>() {
            Ok(Quantity::Bytes(bytes)) if bytes >= Bytes(4096) => bytes,
            Ok(Quantity::Bytes(_) | Quantity::Ratio(_)) | Err(_) => {
                let words =
                    format!("expected an amount such as `512Mi`, at least 4Ki, found `{}`", **written);
                self.fault(written.place(), words);
                default
            }
        }
    }

    fn count(&mut self, written: Option<&Placed<i64>>, default: u64, most: u64) -> u64 {
        let Some(written) = written else { return default };
        let count = u64::try_from(**written).ok().filter(|count| (1..=most).contains(count));
        count.unwrap_or_else(|| {
            self.fault(written.place(), format!("expected a number from 1 to {most}, found `{}`", **written));
            default
        })
    }

    fn ratio(&mut self, written: Option<&Placed<f64>>, default: f64) -> f64 {
        let Some(written) = written else { return default };
        if (0.0..=1.0).contains(&**written) {
            return **written;
        }
        self.fault(written.place(), format!("expected a ratio from 0 to 1, found `{}`", **written));
        default
    }

    /// A band of a figure that is bad when it is high. One threshold alone takes the other along.
    fn band(&mut self, (fires, clears): (&Option<Placed<f64>>, &Option<Placed<f64>>), base: Band) -> Band {
        let at = self.ratio(fires.as_ref(), base.fires);
        let same_share = base.clears / base.fires * at;
        let band = Band { fires: at, clears: self.ratio(clears.as_ref(), same_share) };
        let place = clears.as_ref().or(fires.as_ref()).map(Placed::place).unwrap_or_default();
        if band.clears >= band.fires {
            let words = format!(
                "expected `clearsRatio` below `firesRatio`, found {} and {}",
                band.clears, band.fires
            );
            self.fault(place, words);
        }
        band
    }

    /// The band of headroom, which is bad when it is low.
    fn band_below(&mut self, written: &NearLimit, base: Band) -> Band {
        let NearLimit { headroom_ratio, clears_headroom_ratio, .. } = written;
        let at = self.ratio(headroom_ratio.as_ref(), base.fires);
        let same_share = (base.clears / base.fires * at).min(1.0);
        let band = Band { fires: at, clears: self.ratio(clears_headroom_ratio.as_ref(), same_share) };
        let place = clears_headroom_ratio.as_ref().or(headroom_ratio.as_ref()).map(Placed::place);
        if band.clears <= band.fires {
            let words = format!(
                "expected `clearsHeadroomRatio` above `headroomRatio`, found {} and {}",
                band.clears, band.fires
            );
            self.fault(place.unwrap_or_default(), words);
        }
        band
    }

    fn sinks(&mut self, written: &[Placed<Sink>]) -> Vec<SinkSettings> {
        let mut names = BTreeSet::new();
        let mut sinks = Vec::new();
        for sink in written {
            if sink.name.is_empty() || !names.insert(sink.name.as_str()) {
                self.fault(sink.name.place(), format!("expected a name of its own, found `{}`", *sink.name));
            }
            sinks.extend(self.sink(sink));
        }
        sinks
    }

    fn sink(&mut self, written: &Placed<Sink>) -> Option<SinkSettings> {
        let Sink { name, min_severity, rules, timeout, log, slack, webhook, alertmanager, command } =
            &**written;
        let deadline = self.time(timeout.as_ref(), TIMEOUT);
        if let Some(place) = timeout.as_ref().filter(|_| deadline.is_zero() || deadline > TIMEOUT_MAX) {
            self.fault(place.place(), "expected a timeout from `1s` to `5m`");
        }
        let kinds = [
            log.as_ref().map(|log| self.log(log)),
            slack.as_ref().and_then(|http| self.http(written.place(), http, "slack")),
            webhook.as_ref().and_then(|http| self.http(written.place(), http, "webhook")),
            alertmanager.as_ref().and_then(|http| self.http(written.place(), http, "alertmanager")),
            command.as_ref().map(|command| SinkKind::Command { command: command.clone() }),
        ];
        let given =
            [log.is_some(), slack.is_some(), webhook.is_some(), alertmanager.is_some(), command.is_some()];
        if given.into_iter().filter(|is_given| *is_given).count() != 1 {
            let words = "expected exactly one of `log`, `slack`, `webhook`, `alertmanager` and `command`";
            self.fault(written.place(), words);
        }
        Some(SinkSettings {
            name: name.to_string(),
            kind: kinds.into_iter().flatten().next()?,
            severity_min: min_severity.map_or(Severity::Notice, severity_of),
            rules: self.rule_names(rules),
            deadline,
        })
    }

    fn rule_names(&mut self, written: &[Placed<String>]) -> Vec<AlertRule> {
        let mut rules = Vec::new();
        for name in written {
            match AlertRule::parse(name) {
                Some(rule) => rules.push(rule),
                None => {
                    let known: Vec<&str> = AlertRule::ALL.into_iter().map(AlertRule::as_str).collect();
                    self.fault(
                        name.place(),
                        format!("expected a rule ({}), found `{}`", known.join(", "), **name),
                    );
                }
            }
        }
        rules
    }

    fn log(&mut self, written: &LogSink) -> SinkKind {
        let LogSink { path, max_size, max_files } = written;
        SinkKind::Log {
            path: self.path(path),
            bytes_max: self.bytes(max_size.as_ref(), Bytes::from_mib(10)).0,
            files_max: u32::try_from(self.count(max_files.as_ref(), 5, 1000)).unwrap_or(5),
        }
    }

    fn http(&mut self, place: Place, written: &HttpSink, kind: &str) -> Option<SinkKind> {
        let HttpSink { url, url_file, token_file, ca_file } = written;
        let address = match (url, url_file) {
            (Some(url), None) => Address::Plain(self.url(url, kind)),
            (None, Some(file)) => Address::File(self.path(file)),
            (Some(_), Some(_)) | (None, None) => {
                self.fault(place, format!("`{kind}` needs exactly one of `url` and `urlFile`"));
                return None;
            }
        };
        let token_file = token_file.as_ref().map(|file| self.path(file));
        let authority = ca_file.as_ref().map(|file| self.path(file));
        Some(match kind {
            "slack" => SinkKind::Slack { url: address, authority },
            "webhook" => SinkKind::Webhook { url: address, token_file, authority },
            _ => SinkKind::Alertmanager { url: address, token_file, authority },
        })
    }

    /// Nothing of an address is quoted: it may be a secret in the wrong place.
    fn url(&mut self, written: &Placed<String>, kind: &str) -> String {
        if !written.starts_with("http://") && !written.starts_with("https://") {
            self.fault(written.place(), "expected an address that begins with http:// or https://");
        } else if written.contains('@') {
            self.fault(
                written.place(),
                "expected no name or password in the address; use `urlFile` or `tokenFile`",
            );
        } else if kind == "slack" && written.contains("hooks.slack.com") {
            let words =
                "whoever knows this address can write to the channel: put it into a file, and give `urlFile`";
            self.fault(written.place(), words);
        }
        written.to_string()
    }

    fn path(&mut self, written: &Placed<String>) -> PathBuf {
        let path = PathBuf::from(written.as_str());
        if !path.is_absolute() {
            self.fault(written.place(), format!("expected an absolute path, found `{}`", **written));
        }
        path
    }

    fn silence(&mut self, number: usize, written: &Placed<super::Silence>) -> Silence {
        let super::Silence { names, rules, reason } = &**written;
        if names.is_empty() && rules.is_empty() {
            self.fault(written.place(), "this silences everything: expected `names`, `rules` or both");
        }
        Silence {
            id: format!("config-{}", number + 1),
            names: names.clone(),
            rules: self.rule_names(rules),
            reason: Some(reason.clone()),
            span: SilenceSpan::Standing,
        }
    }
}

const fn severity_of(written: super::Severity) -> Severity {
    match written {
        super::Severity::Notice => Severity::Notice,
        super::Severity::Warning => Severity::Warning,
        super::Severity::Critical => Severity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentConfig, read};
    use model::alert::AlertRule;
    use model::alert::rules::{AlertRules, Band};
    use model::finding::Severity;
    use model::sink::{Address, SinkKind};
    use std::time::Duration;

    const HEAD: &str = "apiVersion: highwater.dev/v1alpha1\nkind: AgentConfig\n";

    fn faults(spec: &str) -> String {
        let faults = read(&format!("{HEAD}{spec}")).err().unwrap_or_default();
        faults.iter().map(|fault| format!("{fault}\n")).collect()
    }

    #[test]
    fn an_empty_file_means_what_no_file_means() {
        assert_eq!(read(HEAD).unwrap(), AgentConfig::default());
        assert_eq!(AgentConfig::default().rules.rules.len(), AlertRule::ALL.len());
    }

    #[test]
    fn what_is_written_holds_and_the_rest_stays() {
        let spec = "spec:\n  alerts:\n    repeatInterval: 1h30m\n    rules:\n      pressure: {for: 5s, severity: critical}\n      leak: {enabled: false}\n      swapUsage: {firesRatio: 0.4}\n  sinks:\n    - name: team\n      minSeverity: warning\n      rules: [oom-kill]\n      slack: {urlFile: /etc/highwater/slack}\n  silences:\n    - names: [batch-*]\n      reason: they always do\n";
        let config = read(&format!("{HEAD}{spec}")).unwrap();
        let base = AlertRules::default();
        assert_eq!(config.rules.repeat, Duration::from_secs(5400));
        assert_eq!(config.rules.quiet, base.quiet);
        let pressure = config.rules.rules[&AlertRule::Pressure];
        assert_eq!((pressure.severity, pressure.hold), (Some(Severity::Critical), Duration::from_secs(5)));
        assert_eq!(config.rules.rules.get(&AlertRule::Leak), None);
        // The other threshold goes along.
        let Band { fires, clears } = config.rules.swap;
        assert_eq!(fires, 0.4);
        assert!((clears - 0.35).abs() < 1e-9, "{clears}");
        let sink = &config.sinks[0];
        assert_eq!(
            (sink.severity_min, sink.rules.as_slice()),
            (Severity::Warning, &[AlertRule::OomKill][..])
        );
        assert!(
            matches!(&sink.kind, SinkKind::Slack { url: Address::File(file), .. } if file.ends_with("slack"))
        );
        assert_eq!(config.silences[0].id, "config-1");
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        insta::assert_snapshot!([
            faults("spec:\n  alarms: {}\n"),
            faults("spec:\n  alerts:\n    rules:\n      nearLimit: {headroomRatios: 0.1}\n"),
            faults("spec:\n  alerts:\n    repeatInterval: 1s\n    resolveAfter: 60\n    quietAfter: soon\n    rules:\n      pressure: {firesRatio: 5}\n      swapUsage: {firesRatio: 0.5, clearsRatio: 0.6}\n      nearLimit: {headroomRatio: 0.2, clearsHeadroomRatio: 0.1}\n  retention: {historySize: 1x, workloads: 0}\n"),
            faults("spec:\n  sinks:\n    - name: a\n    - name: a\n      log: {path: alerts.log, maxFiles: 0}\n    - name: b\n      slack: {}\n    - name: c\n      slack: {url: https://hooks.slack.com/services/s3cret}\n    - name: d\n      webhook: {url: ftp://s3cret, tokenFile: token}\n      command: x\n    - name: e\n      timeout: 1h\n      rules: [oom]\n      webhook: {url: 'http://u:s3cret@h'}\n  silences:\n    - reason: all\n"),
        ].concat());
    }

    #[test]
    fn no_fault_quotes_an_address() {
        let spec = "spec:\n  sinks:\n    - name: c\n      slack: {url: https://hooks.slack.com/services/s3cret}\n    - name: d\n      webhook: {url: 's3cret'}\n";
        assert!(!faults(spec).contains("s3cret") && faults(spec).lines().count() == 2);
    }
}
