//! Every command on recorded machines: what stands in `cmd/*.trycmd` is what it prints. `TRYCMD=overwrite` records anew.

#[test]
fn commands_print_what_is_recorded() {
    trycmd::TestCases::new()
        .env("COLUMNS", "100")
        .env("DOCKER_HOST", "")
        .env("XDG_RUNTIME_DIR", "/nowhere")
        .case("tests/cmd/*.trycmd");
}
