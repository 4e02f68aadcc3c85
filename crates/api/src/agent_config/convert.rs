//! A file of `kind: AgentConfig` into what it means, with everything that is wrong in it and where.

mod sinks;

use super::rules::{Basics, NearLimit, Rules};
use super::{AgentConfigFile, Alerts, Command, Metrics, Retention, Spec, length};
use crate::placed::{Fault, Place, Placed, from_yaml};
use crate::policy::built_in;
use crate::policy::convert::class;
use kernel::bytes::Bytes;
use model::alert::AlertRule;
use model::alert::command::CommandSettings;
use model::alert::rules::{AlertRules, Band, RuleSettings};
use model::alert::silence::{Silence, SilenceSpan};
use model::finding::Severity;
use model::policy::MemoryPolicy;
use model::quantity::Quantity;
use model::sink::SinkSettings;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The shortest and the longest time between two looks.
const INTERVAL: (&str, &str) = ("500ms", "1m");

/// Less than this holds no day of a few containers.
const HISTORY_MIN: (Bytes, &str) = (Bytes::from_mib(16), "16Mi");

/// What a configuration means.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentConfig {
    /// How often it looks.
    pub interval: Duration,
    /// Where it gives metrics; nowhere unless asked.
    pub listen: Option<SocketAddr>,
    /// The file of the token that who wants metrics has to name.
    pub bearer_token_file: Option<PathBuf>,
    /// The file of the certificate with which metrics are given, in PEM.
    pub certificate_file: Option<PathBuf>,
    /// The file of its key, in PEM.
    pub key_file: Option<PathBuf>,
    /// The most series of metrics.
    pub metrics_series_max: usize,
    /// When alerts begin, are told again and end.
    pub rules: AlertRules,
    /// Whom alerts are told to.
    pub sinks: Vec<SinkSettings>,
    /// What nobody is told of.
    pub silences: Vec<Silence>,
    /// The file of the policy that says who is of which class; none is the built-in policy.
    pub policy_file: Option<PathBuf>,
    /// The policy: the built-in one, until somebody has read that file.
    pub policy: MemoryPolicy,
    /// What is started when an alert begins or gets worse.
    pub commands: Vec<CommandSettings>,
    /// History takes at most this.
    pub history_max: Bytes,
    /// More workloads at a time are not remembered.
    pub workloads_max: usize,
}

impl Default for AgentConfig {
    /// What holds without a file: every rule, and nobody to tell.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            listen: None,
            bearer_token_file: None,
            certificate_file: None,
            key_file: None,
            metrics_series_max: 50_000,
            rules: AlertRules::default(),
            sinks: Vec::new(),
            silences: Vec::new(),
            policy_file: None,
            policy: built_in::policy(),
            commands: Vec::new(),
            history_max: Bytes::from_mib(512),
            workloads_max: 20_000,
        }
    }
}

/// Reads a configuration. A file of comments alone says nothing, and all is as usual.
///
/// # Errors
/// With all faults. A text that does not fit the schema has one fault, the first.
pub fn read(text: &str) -> Result<AgentConfig, Vec<Fault>> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#')) {
        return Ok(AgentConfig::default());
    }
    let file: AgentConfigFile = from_yaml(text).map_err(|fault| vec![fault])?;
    let AgentConfigFile { api_version: _, kind: _, spec } = &file;
    let mut reader = Reader { faults: Vec::new() };
    let config = reader.spec(spec);
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

    fn spec(&mut self, written: &Spec) -> AgentConfig {
        let Spec { interval, metrics, alerts, sinks, silences, policy_file, commands, retention } = written;
        let Metrics { listen, bearer_token_file, certificate_file, key_file, series } = metrics;
        let Retention { history_size, workloads } = retention;
        let base = AgentConfig::default();
        AgentConfig {
            interval: self.time_within(interval.as_ref(), base.interval, INTERVAL),
            listen: listen.as_ref().and_then(|listen| self.listen(listen)),
            bearer_token_file: bearer_token_file.as_ref().map(|file| self.path(file)),
            certificate_file: certificate_file.as_ref().map(|file| self.path(file)),
            key_file: key_file.as_ref().map(|file| self.path(file)),
            metrics_series_max: self.count(series.as_ref(), base.metrics_series_max, 1_000, 1_000_000),
            rules: self.alerts(alerts),
            sinks: self.sinks(sinks),
            silences: silences.iter().enumerate().map(|(number, one)| self.silence(number, one)).collect(),
            policy_file: policy_file.as_ref().map(|file| self.path(file)),
            policy: base.policy,
            commands: self.commands(commands),
            history_max: self.bytes(history_size.as_ref(), base.history_max, HISTORY_MIN),
            workloads_max: self.count(workloads.as_ref(), base.workloads_max, 1, 1_000_000),
        }
    }

    fn listen(&mut self, written: &Placed<String>) -> Option<SocketAddr> {
        let address = written.parse().ok();
        if address.is_none() {
            let words =
                format!("expected an address with a port such as 127.0.0.1:9464, found `{}`", **written);
            self.fault(written.place(), words);
        }
        address
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
    fn rules(&mut self, rules: &Rules) -> BTreeMap<AlertRule, RuleSettings> {
        let all = AlertRule::ALL.into_iter().map(|rule| (rule, basics(rules, rule)));
        let on = all.filter(|(_, basics)| basics.enabled.unwrap_or(true));
        on.map(|(rule, Basics { severity, hold, .. })| {
            let hold = self.time(hold, AlertRules::hold_default(rule));
            (rule, RuleSettings { severity: severity.map(severity_of), hold })
        })
        .collect()
    }

    fn time(&mut self, written: Option<&Placed<String>>, default: Duration) -> Duration {
        let Some(written) = written else { return default };
        length::parse(written).unwrap_or_else(|words| {
            self.fault(written.place(), words);
            default
        })
    }

    /// A time from the first of two to the other.
    fn time_within(
        &mut self,
        written: Option<&Placed<String>>,
        default: Duration,
        (least, most): (&str, &str),
    ) -> Duration {
        let time = self.time(written, default);
        let bound = |text| length::parse(text).unwrap_or(default);
        if let Some(written) = written.filter(|_| time < bound(least) || time > bound(most)) {
            self.fault(
                written.place(),
                format!("expected a time from `{least}` to `{most}`, found `{}`", **written),
            );
        }
        time
    }

    fn bytes(
        &mut self,
        written: Option<&Placed<String>>,
        default: Bytes,
        (least, words): (Bytes, &str),
    ) -> Bytes {
        let Some(written) = written else { return default };
        match written.parse::<Quantity>() {
            Ok(Quantity::Bytes(bytes)) if bytes >= least => bytes,
            Ok(Quantity::Bytes(_) | Quantity::Ratio(_)) | Err(_) => {
                let words =
                    format!("expected an amount such as `512Mi`, at least {words}, found `{}`", **written);
                self.fault(written.place(), words);
                default
            }
        }
    }

    fn count(&mut self, written: Option<&Placed<i64>>, default: usize, least: usize, most: usize) -> usize {
        let Some(written) = written else { return default };
        let count = usize::try_from(**written).ok().filter(|count| (least..=most).contains(count));
        count.unwrap_or_else(|| {
            let words = format!("expected a number from {least} to {most}, found `{}`", **written);
            self.fault(written.place(), words);
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

    fn path(&mut self, written: &Placed<String>) -> PathBuf {
        let path = PathBuf::from(written.as_str());
        if !path.is_absolute() {
            self.fault(written.place(), format!("expected an absolute path, found `{}`", **written));
        }
        path
    }

    fn commands(&mut self, written: &[Placed<Command>]) -> Vec<CommandSettings> {
        let mut names = BTreeSet::new();
        let mut commands = Vec::new();
        for command in written {
            if command.name.is_empty() || !names.insert(command.name.as_str()) {
                let words = format!("expected a name of its own, found `{}`", *command.name);
                self.fault(command.name.place(), words);
            }
            commands.push(self.command(command));
        }
        commands
    }

    fn command(&mut self, written: &Command) -> CommandSettings {
        let Command { name, rules, names, images, classes, program, args, timeout, max_per_hour, cool_down } =
            written;
        let rules = match rules.as_slice() {
            [] => vec![AlertRule::NearLimit, AlertRule::Leak],
            [..] => self.rule_names(rules),
        };
        CommandSettings {
            name: name.to_string(),
            rules,
            names: names.clone(),
            images: images.clone(),
            classes: classes.iter().copied().map(class).collect(),
            program: self.path(program),
            args: args.clone(),
            deadline: self.time_within(timeout.as_ref(), Duration::from_secs(60), ("1s", "1h")),
            starts_per_hour_max: self.count(max_per_hour.as_ref(), 4, 1, 3_600),
            cool_down: self.time_within(cool_down.as_ref(), Duration::from_secs(3_600), ("1s", "30d")),
        }
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

/// What is written of a rule.
const fn basics(rules: &Rules, rule: AlertRule) -> Basics<'_> {
    match rule {
        AlertRule::NearLimit => rules.near_limit.basics(),
        AlertRule::SwapUsage => rules.swap_usage.basics(),
        AlertRule::Pressure => rules.pressure.basics(),
        AlertRule::OomKill => rules.oom_kill.basics(),
        AlertRule::InvisibleKill => rules.invisible_kill.basics(),
        AlertRule::Leak => rules.leak.basics(),
        AlertRule::LimitDrift => rules.limit_drift.basics(),
        AlertRule::NodeSwap => rules.node_swap.basics(),
        AlertRule::EvictionLine => rules.eviction_line.basics(),
        AlertRule::UnattributedKills => rules.unattributed_kills.basics(),
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
            faults("spec:\n  interval: 5m\n  metrics: {listen: '127.0.0.1', bearerTokenFile: token, series: 5}\n  retention: {historySize: 1Mi, workloads: 5}\n"),
            faults("spec:\n  commands:\n    - name: a\n      program: dump\n      rules: [oom]\n      timeout: 2h\n    - name: a\n      program: /bin/true\n      maxPerHour: 0\n      coolDown: 0s\n"),
            faults("spec:\n  commands:\n    - name: a\n      program: /bin/true\n      shell: x\n"),
            faults("spec:\n  sinks:\n    - name: a\n    - name: a\n      log: {path: alerts.log, maxFiles: 0}\n    - name: b\n      slack: {}\n    - name: c\n      slack: {url: https://hooks.slack.com/services/s3cret}\n    - name: d\n      webhook: {url: ftp://s3cret, tokenFile: token}\n      command: x\n    - name: e\n      timeout: 1h\n      rules: [oom]\n      webhook: {url: 'http://u:s3cret@h'}\n  silences:\n    - reason: all\n"),
        ].concat());
    }

    #[test]
    fn the_agent_itself_and_its_commands_are_in_the_same_file() {
        let spec = "spec:\n  interval: 500ms\n  metrics: {listen: '127.0.0.1:9464', series: 1000}\n  retention: {historySize: 1Gi, workloads: 7}\n  commands:\n    - name: dump\n      images: [java-*]\n      program: /usr/bin/jcmd\n      args: [a b]\n      maxPerHour: 2\n";
        let config = read(&format!("{HEAD}{spec}")).unwrap();
        assert_eq!(config.interval, Duration::from_millis(500));
        assert_eq!((config.metrics_series_max, config.workloads_max), (1_000, 7));
        assert_eq!(config.history_max, kernel::bytes::Bytes(1 << 30));
        assert_eq!(config.listen.map(|address| address.port()), Some(9464));
        let dump = &config.commands[0];
        assert_eq!((dump.starts_per_hour_max, dump.cool_down), (2, Duration::from_secs(3_600)));
        assert_eq!(dump.rules, [AlertRule::NearLimit, AlertRule::Leak]);
        assert_eq!((dump.args.as_slice(), dump.deadline), (&["a b".to_owned()][..], Duration::from_secs(60)));
        assert_eq!(read("# nothing yet\n").unwrap(), AgentConfig::default());
    }

    #[test]
    fn no_fault_quotes_an_address() {
        let spec = "spec:\n  sinks:\n    - name: c\n      slack: {url: https://hooks.slack.com/services/s3cret}\n    - name: d\n      webhook: {url: 's3cret'}\n";
        assert!(!faults(spec).contains("s3cret") && faults(spec).lines().count() == 2);
    }
}
