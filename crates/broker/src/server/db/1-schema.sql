-- One schema for SQLite and PostgreSQL. `__ID__` is what each calls a key that counts up and is never given twice:
-- the order of keys is the order of creation, and that is the order of versions.
-- Times are microseconds since 1970 (UTC); flags are 0 or 1.

CREATE TABLE pacticipant (
    id __ID__,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    repository_url TEXT,
    main_branch TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT
);

CREATE TABLE label (
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pacticipant_id, name)
);

CREATE TABLE version (
    id __ID__,
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    number TEXT NOT NULL,
    build_url TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT,
    UNIQUE (pacticipant_id, number)
);
CREATE INDEX version_order ON version (pacticipant_id, id);

CREATE TABLE branch (
    id __ID__,
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (pacticipant_id, name)
);

-- `id` tells which branch a version was put on last.
CREATE TABLE branch_version (
    id __ID__,
    branch_id BIGINT NOT NULL REFERENCES branch (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT,
    UNIQUE (branch_id, version_id)
);
CREATE INDEX branch_version_version ON branch_version (version_id);

CREATE TABLE tag (
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pacticipant_id, name, version_id)
);
CREATE INDEX tag_version ON tag (version_id);

-- Content, once for each pair of pacticipants, however many versions have it. `content` is ready to be served:
-- with the ids of its interactions, and as the consumer wrote it otherwise.
CREATE TABLE pact_version (
    id __ID__,
    consumer_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    sha TEXT NOT NULL,
    content TEXT NOT NULL,
    interactions BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (consumer_id, provider_id, sha)
);
CREATE INDEX pact_version_provider ON pact_version (provider_id);

-- Which consumer version has which content. There is one truth for a version and a provider.
CREATE TABLE pact_publication (
    id __ID__,
    consumer_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    pact_version_id BIGINT NOT NULL REFERENCES pact_version (id),
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (version_id, provider_id)
);
CREATE INDEX pact_publication_order ON pact_publication (provider_id, consumer_id, version_id);
CREATE INDEX pact_publication_consumer ON pact_publication (consumer_id, provider_id, version_id);
CREATE INDEX pact_publication_content ON pact_publication (pact_version_id, version_id);

-- Where a publication stands on branches and among tags: the newest of each is found by one look into the key,
-- however long the history is.
CREATE TABLE branch_pact (
    branch_id BIGINT NOT NULL REFERENCES branch (id) ON DELETE CASCADE,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    publication_id BIGINT NOT NULL REFERENCES pact_publication (id) ON DELETE CASCADE,
    PRIMARY KEY (branch_id, provider_id, version_id)
);
CREATE INDEX branch_pact_publication ON branch_pact (publication_id);
CREATE INDEX branch_pact_version ON branch_pact (version_id);
CREATE INDEX branch_pact_provider ON branch_pact (provider_id);

CREATE TABLE tag_pact (
    consumer_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    publication_id BIGINT NOT NULL REFERENCES pact_publication (id) ON DELETE CASCADE,
    PRIMARY KEY (consumer_id, tag, provider_id, version_id)
);
CREATE INDEX tag_pact_publication ON tag_pact (publication_id);
CREATE INDEX tag_pact_version ON tag_pact (version_id);
CREATE INDEX tag_pact_provider ON tag_pact (provider_id);

CREATE TABLE integration (
    consumer_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (consumer_id, provider_id)
);
CREATE INDEX integration_provider ON integration (provider_id);

CREATE TABLE verification (
    id __ID__,
    pact_version_id BIGINT NOT NULL REFERENCES pact_version (id) ON DELETE CASCADE,
    provider_version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    number BIGINT NOT NULL UNIQUE,
    success BIGINT NOT NULL,
    build_url TEXT,
    test_results TEXT,
    verified_by TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX verification_success ON verification (pact_version_id, success, created_at, provider_version_id);
CREATE INDEX verification_content ON verification (pact_version_id, id);
CREATE INDEX verification_provider ON verification (provider_version_id);

-- The newest result for each content and provider version: what the matrix is made of.
CREATE TABLE latest_verification (
    pact_version_id BIGINT NOT NULL REFERENCES pact_version (id) ON DELETE CASCADE,
    provider_version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    verification_id BIGINT NOT NULL REFERENCES verification (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    success BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pact_version_id, provider_version_id)
);
CREATE INDEX latest_verification_provider ON latest_verification (provider_version_id, pact_version_id);
CREATE INDEX latest_verification_result ON latest_verification (verification_id);

-- A named count that goes up by one, so that numbers go on where they were after a deletion.
CREATE TABLE sequence (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO sequence (name, value) VALUES ('verification', 100);

CREATE TABLE environment (
    id __ID__,
    uuid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    production BIGINT NOT NULL,
    contacts TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT
);

-- `instance` is '' where none was named. `active` is 1 while the version is deployed, and NULL afterwards: a unique
-- key takes any number of NULLs, so that one instance runs one version.
CREATE TABLE deployed_version (
    id __ID__,
    uuid TEXT NOT NULL UNIQUE,
    environment_id BIGINT NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    instance TEXT NOT NULL,
    active BIGINT,
    created_at BIGINT NOT NULL,
    undeployed_at BIGINT,
    UNIQUE (environment_id, pacticipant_id, instance, active)
);
CREATE INDEX deployed_version_active ON deployed_version (environment_id, active, pacticipant_id);
CREATE INDEX deployed_version_version ON deployed_version (version_id, active);
CREATE INDEX deployed_version_pacticipant ON deployed_version (pacticipant_id, active);

CREATE TABLE released_version (
    id __ID__,
    uuid TEXT NOT NULL UNIQUE,
    environment_id BIGINT NOT NULL REFERENCES environment (id) ON DELETE CASCADE,
    pacticipant_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
    active BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (environment_id, version_id)
);
CREATE INDEX released_version_active ON released_version (environment_id, active, pacticipant_id);
CREATE INDEX released_version_version ON released_version (version_id, active);
CREATE INDEX released_version_pacticipant ON released_version (pacticipant_id, active);

CREATE TABLE webhook (
    id __ID__,
    uuid TEXT NOT NULL UNIQUE,
    description TEXT,
    consumer_id BIGINT REFERENCES pacticipant (id) ON DELETE CASCADE,
    provider_id BIGINT REFERENCES pacticipant (id) ON DELETE CASCADE,
    consumer_label TEXT,
    provider_label TEXT,
    enabled BIGINT NOT NULL,
    events TEXT NOT NULL,
    request TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT
);
CREATE INDEX webhook_consumer ON webhook (consumer_id);
CREATE INDEX webhook_provider ON webhook (provider_id);

-- A webhook that is to run, with everything that its templates are filled with. `next_at` is when it is tried next,
-- and NULL when it is over: what was not sent before a crash is sent after it.
CREATE TABLE triggered_webhook (
    id __ID__,
    uuid TEXT NOT NULL UNIQUE,
    webhook_id BIGINT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    consumer_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    provider_id BIGINT NOT NULL REFERENCES pacticipant (id) ON DELETE CASCADE,
    publication_id BIGINT REFERENCES pact_publication (id) ON DELETE CASCADE,
    verification_id BIGINT REFERENCES verification (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    parameters TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX triggered_webhook_next ON triggered_webhook (next_at);
CREATE INDEX triggered_webhook_pair ON triggered_webhook (consumer_id, provider_id, id);
CREATE INDEX triggered_webhook_publication ON triggered_webhook (publication_id);
CREATE INDEX triggered_webhook_verification ON triggered_webhook (verification_id);
CREATE INDEX triggered_webhook_webhook ON triggered_webhook (webhook_id);
CREATE INDEX triggered_webhook_provider ON triggered_webhook (provider_id);

CREATE TABLE webhook_execution (
    id __ID__,
    triggered_id BIGINT NOT NULL REFERENCES triggered_webhook (id) ON DELETE CASCADE,
    success BIGINT NOT NULL,
    log TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_execution_triggered ON webhook_execution (triggered_id);
