-- Version 1. Times are microseconds since 1970-01-01T00:00:00Z. A sequence number is never used twice.

CREATE TABLE identity (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    machine BLOB NOT NULL,                  -- 16 bytes: which machine the event ids of this store speak of
    created_at INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL DEFAULT 0 -- the last sequence number given to an event, whatever is deleted
) STRICT;

CREATE TABLE path (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE               -- bytes that are no UTF-8 stand as \xNN
) STRICT;

CREATE TABLE event (
    sequence    INTEGER PRIMARY KEY,
    id          BLOB NOT NULL,              -- 16 bytes
    at          INTEGER NOT NULL,           -- when the product says it happened
    read_at     INTEGER NOT NULL,
    path        INTEGER NOT NULL,           -- path.id
    "offset"    INTEGER NOT NULL,
    format      TEXT NOT NULL,
    severity    INTEGER NOT NULL,           -- 0 info, 1 low, 2 medium, 3 high, 4 critical
    verdict     INTEGER NOT NULL,           -- 0 blocked, 1 reset, 2 rejected, 3 detected, 4 would_block, 5 unknown
    direction   INTEGER,                    -- 0 inbound, 1 outbound, 2 internal, 3 external
    rule_id     TEXT,
    rule_name   TEXT,
    source      TEXT,
    destination TEXT,
    form        INTEGER NOT NULL,           -- 0: record holds the raw bytes, 1: the parsed alert as JSON
    record      BLOB NOT NULL
) STRICT;

-- Sources that were read once: what appears in them later is read from its beginning.
CREATE TABLE source (
    paths TEXT PRIMARY KEY                  -- one a line
) STRICT, WITHOUT ROWID;

-- Where reading goes on: one row for each file that is followed. Written in the transaction of the events.
CREATE TABLE position (
    file        INTEGER PRIMARY KEY,        -- random; kept through renames and truncations
    path        BLOB NOT NULL,              -- the bytes of the path under which it was found
    device      INTEGER NOT NULL,
    inode       INTEGER NOT NULL,
    head_bytes  INTEGER NOT NULL,           -- so many bytes at its beginning ...
    head_hash   INTEGER NOT NULL,           -- ... have this hash
    generation  INTEGER NOT NULL,           -- random; new when the file is truncated or replaced
    "offset"    INTEGER NOT NULL,           -- where reading goes on
    mid_line    INTEGER NOT NULL,           -- 1: inside a line of which the first part was read already
    cut_lines   INTEGER NOT NULL,
    cut_bytes   INTEGER NOT NULL,
    nul_bytes   INTEGER NOT NULL,
    behind_bytes INTEGER NOT NULL,          -- so many bytes right before the offset ...
    behind_hash INTEGER NOT NULL,           -- ... have this hash
    size        INTEGER NOT NULL,           -- bytes that the file was known to hold
    modified_ns INTEGER NOT NULL,
    number      INTEGER NOT NULL,           -- the order in which the files appeared
    updated_at  INTEGER NOT NULL
) STRICT;

-- What was read from each path, for `status`.
CREATE TABLE reading (
    path        INTEGER PRIMARY KEY,        -- path.id
    format      TEXT,                       -- the last format found
    records     INTEGER NOT NULL DEFAULT 0,
    events      INTEGER NOT NULL DEFAULT 0,
    others      INTEGER NOT NULL DEFAULT 0, -- well formed, or another program's: no alert
    rejects     INTEGER NOT NULL DEFAULT 0,
    cut         INTEGER NOT NULL DEFAULT 0, -- lines longer than the limit
    lost_bytes  INTEGER NOT NULL DEFAULT 0, -- at least so many could not be read before they were gone
    last_read_at INTEGER,
    problem     TEXT,
    problem_since INTEGER
) STRICT;

-- Samples of records that no grammar read; bounded.
CREATE TABLE reject (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    seen_at   INTEGER NOT NULL,
    path      INTEGER NOT NULL,
    "offset"  INTEGER NOT NULL,
    format    TEXT,
    wanted    TEXT NOT NULL,
    at_byte   INTEGER NOT NULL,
    sample    BLOB NOT NULL
) STRICT;

CREATE TABLE destination (
    name          TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    began_after   INTEGER NOT NULL,         -- events after this sequence number are for it
    cursor        INTEGER NOT NULL,         -- events up to this sequence number are read
    not_matched   INTEGER NOT NULL DEFAULT 0,
    muted         INTEGER NOT NULL DEFAULT 0,
    told          INTEGER NOT NULL DEFAULT 0,
    given_up      INTEGER NOT NULL DEFAULT 0,
    expired       INTEGER NOT NULL DEFAULT 0,
    told_pruned   INTEGER NOT NULL DEFAULT 0, -- of told: in ledger rows that retention has removed
    given_up_pruned INTEGER NOT NULL DEFAULT 0,
    health        TEXT NOT NULL DEFAULT '{}'  -- JSON: failing since when, why, what is still to be told of it
) STRICT;

-- Groups that are still counted.
CREATE TABLE open_group (
    destination TEXT NOT NULL,
    key         TEXT NOT NULL,
    held        INTEGER NOT NULL,           -- events that no post has told yet
    state       TEXT NOT NULL,              -- JSON
    PRIMARY KEY (destination, key)
) STRICT, WITHOUT ROWID;

-- The ledger: every post. state 0 is the attempt under way (at most one for each destination), 1 delivered, 2 given up.
CREATE TABLE notification (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    destination  TEXT NOT NULL,
    card         TEXT NOT NULL,             -- id of the whole post
    created_at   INTEGER NOT NULL,
    events       INTEGER NOT NULL,
    oldest_at    INTEGER,                   -- read_at of the oldest event that it tells, for the latency
    state        INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    unanswered   INTEGER NOT NULL,          -- 1 while a try has no answer on record
    maybe_repeated INTEGER NOT NULL DEFAULT 0,
    minimal      INTEGER NOT NULL DEFAULT 0,
    answered_at  INTEGER,
    answer       TEXT,
    message      TEXT NOT NULL,             -- JSON: what is told, frozen
    payload      BLOB                       -- what was sent last
) STRICT;
CREATE INDEX notification_open ON notification (destination) WHERE state = 0;
CREATE INDEX notification_created ON notification (created_at);

-- Which events a card told: those of its key in its range of sequence numbers.
CREATE TABLE card (
    notification INTEGER NOT NULL,
    card         TEXT NOT NULL,
    key          TEXT NOT NULL,
    events       INTEGER NOT NULL,
    first        INTEGER NOT NULL,
    last         INTEGER NOT NULL
) STRICT;
CREATE INDEX card_id ON card (card);
CREATE INDEX card_notification ON card (notification);

CREATE VIEW events AS
SELECT sequence, lower(hex(event.id)) AS id,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000000.0, 'unixepoch') AS at,
       strftime('%Y-%m-%dT%H:%M:%fZ', read_at / 1000000.0, 'unixepoch') AS read_at,
       path.path AS path, "offset", format,
       CASE severity WHEN 4 THEN 'critical' WHEN 3 THEN 'high' WHEN 2 THEN 'medium' WHEN 1 THEN 'low' ELSE 'info' END AS severity,
       CASE verdict WHEN 0 THEN 'blocked' WHEN 1 THEN 'reset' WHEN 2 THEN 'rejected' WHEN 3 THEN 'detected'
                    WHEN 4 THEN 'would_block' ELSE 'unknown' END AS verdict,
       CASE direction WHEN 0 THEN 'inbound' WHEN 1 THEN 'outbound' WHEN 2 THEN 'internal' WHEN 3 THEN 'external' END AS direction,
       rule_id, rule_name, source, destination, record
FROM event LEFT JOIN path ON path.id = event.path;

CREATE VIEW notifications AS
SELECT id, destination, card,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', answered_at / 1000000.0, 'unixepoch') AS answered_at,
       CASE state WHEN 0 THEN 'open' WHEN 1 THEN 'delivered' ELSE 'given up' END AS state,
       events, tries, maybe_repeated, minimal, answer, payload
FROM notification;
