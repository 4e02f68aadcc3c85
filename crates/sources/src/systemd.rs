//! The memory properties that systemd holds for units, asked over D-Bus within a deadline.
//!
//! The units are first looked up in the list of loaded ones: to ask for a property of any other makes systemd load that
//! unit, and then tells the defaults as if they were its settings (systemd 252 and 257, `bus_unit_find`). Each property
//! is asked for by itself: `GetAll` makes systemd read the unit's cgroup files for its gauges, at three times the cost.
//!
//! The few messages are written here and not by `zbus`, which refuses what systemd sends on its own socket (6.2.1:
//! "Invalid unique name") and brings 14 crates.

mod connection;
mod property;
mod wire;

use crate::systemd::connection::{Connection, DbusError};
use crate::systemd::property::{ListedUnit, bytes_limit, interface, listed_units, swap_limit};
use crate::systemd::wire::Call;
use model::declared::UnitProperties;
use model::reading::Reading;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// There when systemd is the machine's first process: `sd_booted(3)`.
const BOOTED_FOLDER: &str = "run/systemd/system";

/// Root's own way to systemd, without a bus between: a quarter of the CPU time, and there without a bus daemon.
const PRIVATE_SOCKET: &str = "run/systemd/private";

/// Everybody's way.
const BUS_SOCKET: &str = "run/dbus/system_bus_socket";

/// What is asked of every unit.
const PROPERTIES: [&str; 6] =
    ["MemoryMax", "MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax", "MemoryLimit"];

/// Units asked for at once. `dbus-daemon` refuses more than 128 unanswered calls (`max_replies_per_connection`).
const UNITS_AT_ONCE: usize = 16;
const _: () = assert!(UNITS_AT_ONCE * PROPERTIES.len() <= 128);

const HELLO: Call<'static> = Call {
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
    member: "Hello",
    arguments: &[],
};

const LIST_UNITS: Call<'static> = Call {
    destination: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager",
    member: "ListUnits",
    arguments: &[],
};

/// A failure of the whole call: no unit's properties are known.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// Another first process runs this machine.
    #[error("systemd does not run here")]
    NotRunning,
    /// Neither systemd's own socket nor the system bus takes a connection.
    #[error("{}: cannot connect to the system bus", .socket.display())]
    Connect {
        /// The bus's socket.
        socket: PathBuf,
        /// What `connect(2)` said.
        source: io::Error,
    },
    /// The conversation ended before systemd's units were known.
    #[error("{}: cannot list systemd's units", .socket.display())]
    List {
        /// The socket.
        socket: PathBuf,
        /// How it ended.
        source: DbusError,
    },
    /// systemd said nothing, or not enough, in time.
    #[error("no answer from systemd within {deadline:?}")]
    Deadline {
        /// The time it had.
        deadline: Duration,
    },
    /// This process could not prepare the call.
    #[error("cannot prepare a call to systemd")]
    Prepare {
        /// What was refused.
        source: io::Error,
    },
}

/// The properties of those of `units` that systemd has loaded. Returns within `deadline`, whatever systemd does.
///
/// Blocks: not for use inside an asynchronous runtime.
///
/// # Errors
/// When systemd does not run here, cannot be reached, or does not list its units. A property that could not be read
/// afterwards is a failed reading.
pub fn unit_properties(
    units: &[String],
    deadline: Duration,
) -> Result<HashMap<String, UnitProperties>, SystemdError> {
    unit_properties_below(Path::new("/"), units, deadline)
}

/// As [`unit_properties`], of the machine whose file system is at `root`.
///
/// # Errors
/// As [`unit_properties`].
pub fn unit_properties_below(
    root: &Path,
    units: &[String],
    deadline: Duration,
) -> Result<HashMap<String, UnitProperties>, SystemdError> {
    if !fs::symlink_metadata(root.join(BOOTED_FOLDER)).is_ok_and(|found| found.is_dir()) {
        return Err(SystemdError::NotRunning);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|source| SystemdError::Prepare { source })?;
    let wanted: HashSet<&str> = units.iter().map(String::as_str).collect();
    runtime.block_on(read(root, &wanted, deadline))
}

async fn read(
    root: &Path,
    wanted: &HashSet<&str>,
    deadline: Duration,
) -> Result<HashMap<String, UnitProperties>, SystemdError> {
    let started = Instant::now();
    let listing = async {
        let mut systemd = connect(root).await?;
        let units = loaded_units(&mut systemd, wanted).await?;
        Ok((systemd.connection, units))
    };
    let (mut connection, units) =
        timeout(deadline, listing).await.map_err(|_| SystemdError::Deadline { deadline })??;
    let mut answered = HashMap::new();
    let time_left = deadline.saturating_sub(started.elapsed());
    let why = match timeout(time_left, all_properties(&mut connection, &units, &mut answered)).await {
        Ok(Ok(())) => return Ok(answered),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "systemd did not answer in time".to_owned(),
    };
    for unit in units {
        answered
            .entry(unit.name.clone())
            .or_insert_with(|| properties(unit.name, |_| Reading::failed(why.as_str())));
    }
    Ok(answered)
}

/// A connection, and the socket that it goes through.
struct Systemd {
    connection: Connection,
    socket: PathBuf,
}

async fn connect(root: &Path) -> Result<Systemd, SystemdError> {
    let (private, bus) = (root.join(PRIVATE_SOCKET), root.join(BUS_SOCKET));
    if let Ok(mut connection) = Connection::open(&private).await {
        return match connection.greet().await {
            Ok(()) => Ok(Systemd { connection, socket: private }),
            Err(source) => Err(SystemdError::List { socket: private, source }),
        };
    }
    let mut connection = match Connection::open(&bus).await {
        Ok(connection) => connection,
        Err(source) => return Err(SystemdError::Connect { socket: bus, source }),
    };
    let greeted = async {
        connection.greet().await?;
        connection.call(&[HELLO]).await
    };
    match greeted.await {
        Ok(_) => Ok(Systemd { connection, socket: bus }),
        Err(source) => Err(SystemdError::List { socket: bus, source }),
    }
}

/// A unit whose properties can be asked for.
struct LoadedUnit {
    name: String,
    path: String,
    interface: &'static str,
}

async fn loaded_units(
    systemd: &mut Systemd,
    wanted: &HashSet<&str>,
) -> Result<Vec<LoadedUnit>, SystemdError> {
    let Systemd { connection, socket } = systemd;
    let asked = async {
        let mut units = Vec::new();
        for answer in connection.call(&[LIST_UNITS]).await? {
            let listed = listed_units(answer.message()?)?.into_iter();
            units.extend(listed.filter_map(|unit| loaded_unit(unit, wanted)));
        }
        Ok(units)
    };
    asked.await.map_err(|source| SystemdError::List { socket: socket.clone(), source })
}

fn loaded_unit(listed: ListedUnit<'_>, wanted: &HashSet<&str>) -> Option<LoadedUnit> {
    let ListedUnit { name, load_state, active_state, path } = listed;
    // One that others merely mention is listed too; one whose file was deleted while it runs still has its settings.
    let is_loaded = load_state == "loaded" || active_state != "inactive";
    let interface = interface(name)?;
    (is_loaded && wanted.contains(name)).then(|| LoadedUnit {
        name: name.to_owned(),
        path: path.to_owned(),
        interface,
    })
}

/// Fills `answered` as far as it comes.
async fn all_properties(
    connection: &mut Connection,
    units: &[LoadedUnit],
    answered: &mut HashMap<String, UnitProperties>,
) -> Result<(), DbusError> {
    for units in units.chunks(UNITS_AT_ONCE) {
        let arguments: Vec<[&str; 2]> =
            units.iter().flat_map(|unit| PROPERTIES.map(|property| [unit.interface, property])).collect();
        let objects = units.iter().flat_map(|unit| PROPERTIES.map(|_| unit.path.as_str()));
        let calls: Vec<Call<'_>> =
            objects.zip(&arguments).map(|(path, arguments)| get(path, arguments)).collect();
        let answers = connection.call(&calls).await?;
        for (unit, answers) in units.iter().zip(answers.chunks(PROPERTIES.len())) {
            let read = |wanted: &str| {
                let mut told = PROPERTIES.iter().zip(answers);
                told.find(|(name, _)| **name == wanted)
                    .map_or(Reading::Absent, |(name, answer)| property::value(name, answer))
            };
            answered.insert(unit.name.clone(), properties(unit.name.clone(), read));
        }
    }
    Ok(())
}

fn get<'a>(path: &'a str, arguments: &'a [&'a str]) -> Call<'a> {
    Call {
        destination: "org.freedesktop.systemd1",
        path,
        interface: "org.freedesktop.DBus.Properties",
        member: "Get",
        arguments,
    }
}

fn properties(unit: String, read: impl Fn(&str) -> Reading<u64>) -> UnitProperties {
    UnitProperties {
        unit,
        memory_max: read("MemoryMax").map(bytes_limit),
        memory_high: read("MemoryHigh").map(bytes_limit),
        memory_low: read("MemoryLow").map(bytes_limit),
        memory_min: read("MemoryMin").map(bytes_limit),
        memory_swap_max: read("MemorySwapMax").map(swap_limit),
        memory_limit: read("MemoryLimit").map(bytes_limit),
    }
}
