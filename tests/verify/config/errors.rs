//! What is wrong is told with its place, what was meant, and exit code 2, before anything is done.

use crate::workspace::Workspace;

/// A slip of the pen would leave a value at its default without a word.
#[test]
fn an_unknown_key_or_a_wrong_value_is_told_with_its_place_and_what_was_meant() {
    let workspace = Workspace::new();
    for (file, said) in [
        (
            "mock = true\nprovider-ulr = 'x'",
            "billtest.toml:2:1: unknown key `provider-ulr`, did you mean `provider-url`?",
        ),
        ("provider_url = 'x'", "did you mean `provider-url`?"),
        (
            "[environments.alpha]\n  retrys = 1",
            "billtest.toml:2:3: unknown key `retrys`, did you mean `retries`?",
        ),
        ("[environments.alpha]\nenvironments = {}", "unknown key `environments`"),
        ("[enviroments.alpha]", "billtest.toml:1:2: unknown key `enviroments`, did you mean `environments`?"),
        ("[regions.kr]\ncurency = 'KRW'", "did you mean `currency`?"),
        ("[regions.kr]\ntx = 10", "billtest.toml:2:1: unknown key `tx`, did you mean `tax`?"),
        ("currency = 'KRW'", "billtest.toml:1:1: unknown key `currency`"),
        ("publish = true", "`publish`; --publish is an option of the command line only"),
        ("jobs = 'four'", "billtest.toml:1:1: `jobs` is a text; a whole number is expected"),
        ("jobs = 0", "billtest.toml:1:1: `jobs` cannot be taken: 0 is not in 1..=65535"),
        ("mock = 'yes'", "`mock` is a text; true or false is expected"),
        ("states = ['a']", "`states` is a list; a text is expected"),
        ("provider-url = [1]", "`provider-url` is a list; a text or a list of texts is expected"),
        ("isolation = 'none'", "`isolation` cannot be taken: it is one of tenant, shared, exclusive"),
        (
            "request-timeout = 0",
            "`request-timeout` cannot be taken: a time is a whole number of milliseconds above 0",
        ),
        ("consumer-version-selectors = [{ mainbranch = true }]", "did you mean `mainBranch`?"),
        ("headers = 'X=1'", "`headers` is a text; a table of names and texts is expected"),
        ("[headers]\nX-A = 1", "billtest.toml:2:1: `headers.X-A` is a whole number; a text is expected"),
        ("environments = 1", "`environments` is a whole number; a table of tables is expected"),
        (
            "[regions.sg]\ncurrency = 'USD'",
            "billtest.toml:1:10: the region `sg` has no tax, no time-zone, no locale",
        ),
        ("[regions.kr]\ncurrency = 'WON'", "`currency` cannot be taken: it is one of KRW, JPY, USD, EUR"),
        ("[regions.kr]\ntime-zone = 'Asia/Soul'", "did you mean `Asia/Seoul`?"),
        ("[regions.kr]\ntime-zone = ''", "billtest.toml:2:1: `time-zone` cannot be taken: a region needs it"),
        ("[regions.kr]\ncurrency = ''", "billtest.toml:2:1: `currency` cannot be taken: a region needs it"),
        ("[regions.kr]\ntax = 100.5", "billtest.toml:2:1: `tax` cannot be taken: a tax is 0 to 100 percent"),
        (
            "[environments.a]\nprovider-url = ['http://h', 'htp://u:s3cret@h']",
            "billtest.toml:2:1: `provider-url` cannot be taken: it is neither http:// nor https://\n",
        ),
        (
            "broker-url = 'htp://u:s3cret@h'",
            "`broker-url` cannot be taken: it is neither http:// nor https://\n",
        ),
        ("state-change-url = '/states?key=s3cret'", "`state-change-url` cannot be taken: relative URL"),
        (
            "tenant-header = 'a b'",
            "billtest.toml:1:1: `tenant-header` cannot be taken: `a b` is not the name of a header",
        ),
        (
            "[headers]\n'a b' = 's3cret'",
            "billtest.toml:2:1: `headers.a b` cannot be taken: `a b` is not the name of a header",
        ),
        (
            "[headers]\nA = \"s3cret\\n\"",
            "`headers.A` cannot be taken: header `a` has a value that no request can carry",
        ),
        (
            "[environments.a]\nmock = true\nprovider-url = 'http://h'",
            "billtest.toml:3:1: `provider-url` cannot be used with `mock` (billtest.toml:2:1); say one of them",
        ),
        (
            "user = 'u'\npassword = 's3cret'\ntoken = 's3cret'",
            "billtest.toml:3:1: `token` cannot be used with `user` (billtest.toml:1:1) and `password` (billtest.toml:2:1)",
        ),
        ("password = 's3cret'", "billtest.toml:1:1: `password` cannot be used without `user`"),
        ("client-cert = 'c'", "billtest.toml:1:1: `client-cert` cannot be used without `client-key`"),
        ("[environments.alpha]\nregion = 'krr'", "billtest.toml:2:1: there is no region `krr`"),
        ("[environments.alpha.regions.mars]", "there is no region `mars`\n  known: etc, eu, jp, kr, us"),
        ("mock = \n", "billtest.toml:1:8: is not TOML: "),
        ("mock = true\nmock = true", "billtest.toml:2:1: is not TOML: duplicate key"),
    ] {
        workspace.write("billtest.toml", file);
        for run in [workspace.billtest(&["config", "show"]), workspace.verify_plain(&["--mock"])] {
            run.exits(2).says(said).hides("s3cret");
        }
    }
    // All at once, so that nobody corrects one after the other.
    workspace.write("billtest.toml", "jobs = 'four'\nretries = -1\n");
    let variables = [("BILLTEST_LISTEN", "x"), ("BILLTEST_JOBZ", "1"), ("BILLTEST_REGION", "mars")];
    let told = |command: &[&str]| {
        workspace.billtest_under(&variables, &[command, &["--env", "zz"]].concat()).exits(2).stderr
    };
    let shown = told(&["config", "show"]);
    insta::assert_snapshot!("all_at_once", shown);
    assert_eq!(told(&["mock"]), shown);
    // Clients call what no verification does.
    workspace.write("billtest.toml", "provider-url = 'https://u:s3cret@h/?key=s3cret'\n");
    workspace.billtest(&["config", "show"]).exits(0).hides("s3cret");
    let variables = [("BILLTEST_JOBS", "many")];
    for file in ["jobs = 'four'\n", "jobs = \n"] {
        workspace.write("billtest.toml", file);
        let run = workspace.billtest_under(&variables, &["config", "show"]).exits(2);
        run.says("toml:1:").says("BILLTEST_JOBS: `jobs` cannot be taken: it is a whole number");
    }
    workspace.write("billtest.toml", "jobs = 0\nmok = true\n[environments.a]\nretries = -1\n");
    workspace.billtest(&["mock"]).exits(2).says("toml:1:1").says("toml:2:1").says("toml:4:1");
}

/// A user would verify with no environment, or with settings that a misspelt variable does not change.
#[test]
fn an_unknown_environment_region_or_variable_is_told_with_what_is_known() {
    let workspace = Workspace::new();
    workspace.write("billtest.toml", "[environments.alpha]\n[environments.beta]\n");
    let show = |environment: &[(&str, &str)], arguments: &[&str]| {
        workspace.billtest_under(environment, &[&["config", "show"], arguments].concat()).exits(2)
    };
    show(&[], &["--env", "alpa"])
        .says("--env: there is no environment `alpa`, did you mean `alpha`?\n  known: mock, alpha, beta");
    show(&[("BILLTEST_ENV", "prod")], &[]).says("BILLTEST_ENV: there is no environment `prod`\n");
    show(&[("BILLTEST_REGION", "uk")], &[])
        .says("BILLTEST_REGION: there is no region `uk`")
        .says("known: etc, eu");
    show(&[("BILLTEST_PROVIDER_ULR", "http://x")], &[])
        .says("unknown variable BILLTEST_PROVIDER_ULR, did you mean `BILLTEST_PROVIDER_URL`?")
        .hides("http://x");
    show(&[("BILLTEST_MOCK", "yes")], &[])
        .says("BILLTEST_MOCK: `mock` cannot be taken: it is either true or false");
    show(&[("BILLTEST_JOBS", "many")], &[])
        .says("BILLTEST_JOBS: `jobs` cannot be taken: it is a whole number");
    show(&[("BILLTEST_HEADERS", "s3cret")], &[])
        .says("BILLTEST_HEADERS: ")
        .says("NAME=VALUE")
        .hides("s3cret");
    show(&[("PACT_PROVIDER_REQUEST_TIMEOUT", "soon")], &[])
        .says("PACT_PROVIDER_REQUEST_TIMEOUT: `request-timeout`");
    show(&[("BILLTEST_MOCK", "true"), ("BILLTEST_PROVIDER_URL", "http://h")], &[])
        .says("cannot be used with `provider-url` (BILLTEST_PROVIDER_URL)");
    show(&[("BILLTEST_HEADERS", "a b=s3cret")], &[])
        .says("BILLTEST_HEADERS: `headers.a b` cannot be taken: `a b` is not the name of a header")
        .hides("s3cret");
    show(&[], &["--", "--jobs", "0"]).says("invalid value '0' for '--jobs <N>'");
    // Those of the recorder and the benchmark configure nothing, and are no slips.
    let others = [("BILLTEST_LISTING", "1"), ("BILLTEST_BENCH_LATENCY", "1")];
    workspace.billtest_under(&others, &["config", "show"]).exits(0);
}

/// A user would believe that a file was read that is not there or cannot be.
#[test]
fn a_file_that_cannot_be_read_is_told() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path("folder")).unwrap();
    workspace.write("binary.toml", [0xff, 0xfe, 0x00]);
    workspace
        .verify_plain(&["--mock", "--config", "none.toml"])
        .exits(2)
        .says("--config none.toml: cannot be read");
    workspace
        .verify_plain_under(&[("BILLTEST_CONFIG", "folder")], &["--mock"])
        .exits(2)
        .says("BILLTEST_CONFIG folder: cannot be read");
    workspace.billtest(&["config", "show", "--config", "binary.toml"]).exits(2).says("UTF-8");
}
