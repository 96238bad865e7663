-- The contents that a publication had before parts were joined with it. Whoever verifies one meanwhile still finds it.
CREATE TABLE pact_revision (
    publication_id BIGINT NOT NULL REFERENCES pact_publication (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    pact_version_id BIGINT NOT NULL REFERENCES pact_version (id) ON DELETE CASCADE,
    PRIMARY KEY (publication_id, revision)
);
CREATE INDEX pact_revision_content ON pact_revision (pact_version_id);
