//! Every command on recorded machines: `cmd/*.trycmd` holds what it prints, `TRYCMD=overwrite` records that anew.

/// The commands, away from what the machine that runs the tests has in its environment.
fn cases(columns: &str) -> trycmd::TestCases {
    let cases = trycmd::TestCases::new();
    cases.env("COLUMNS", columns).env("DOCKER_HOST", "").env("XDG_RUNTIME_DIR", "/nowhere");
    // Berlin's time, without its file.
    cases.env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
    cases
}

#[test]
fn commands_print_what_is_recorded() {
    cases("100").case("tests/cmd/*.trycmd");
}

#[test]
fn a_narrow_terminal_gets_fewer_columns() {
    for columns in ["1", "20", "40", "80"] {
        cases(columns).case(format!("tests/cmd/narrow/{columns}.trycmd"));
    }
}
