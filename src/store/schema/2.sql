-- Version 2.

-- What happened once to the agent's own work, for people to be told: bytes that nobody could read, a store that was set
-- aside. Written in the transaction that knows of it; each destination tells those after its own cursor.
CREATE TABLE incident (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,                  -- a name of `trouble::Kind`
    subject TEXT NOT NULL,                  -- the path, the destination: what it is about
    text    TEXT NOT NULL
) STRICT;

-- What is wrong now with the agent's own work, for `status` and for the next process. Written by the watchdog when it
-- changes; it says how things were when the agent ran last.
CREATE TABLE condition (
    kind    TEXT NOT NULL,                  -- a name of `trouble::Kind`
    subject TEXT NOT NULL,
    since   INTEGER NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- What is wrong with a path is a condition now.
ALTER TABLE reading DROP COLUMN problem;
ALTER TABLE reading DROP COLUMN problem_since;

-- Heartbeats: no events are for them, so they are no destinations with an account.
CREATE TABLE heartbeat (
    name      TEXT PRIMARY KEY,
    pinged_at INTEGER,                      -- when its receiver last took a ping
    held      TEXT                          -- why there is none now: the agent is sick, or the receiver's answer
) STRICT, WITHOUT ROWID;

CREATE VIEW incidents AS
SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000000.0, 'unixepoch') AS at, kind, subject, text
FROM incident;

CREATE VIEW conditions AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000000.0, 'unixepoch') AS since, kind, subject, text
FROM condition;

-- A store that is damaged, copied to another machine, or under a clock that jumps.

ALTER TABLE identity ADD COLUMN home BLOB;  -- 16 bytes: hash of the machine's id; a store that finds another is a copy
-- Events up to this sequence number may have been told before, from a database that was set aside: their posts say so.
ALTER TABLE identity ADD COLUMN repeated_until INTEGER NOT NULL DEFAULT 0;
-- The last time of day that retention saw, and since when it does not believe the clock.
ALTER TABLE identity ADD COLUMN clock_seen_at INTEGER;
ALTER TABLE identity ADD COLUMN clock_doubted_at INTEGER;

-- What a row of `position` is kept for: 0 the file is read on, 1 it is missing and may come back, 2 it was let go (or was
-- there before its log was followed) and must not be read again up to the offset.
ALTER TABLE position ADD COLUMN stage INTEGER NOT NULL DEFAULT 0;
-- Since when, in microseconds since 1970; 0 in rows of version 1. `size` of one that was let go is that on the disk.
ALTER TABLE position ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
-- What was read, at ends of lines: of each 8 bytes of its offset and 8 of a hash, by which a copy is known that the log
-- was read beyond.
ALTER TABLE position ADD COLUMN anchors BLOB NOT NULL DEFAULT x'';

-- Where reading stands in systemd's journal: one row for each source that names `journal`. Written in the transaction of
-- the events.
CREATE TABLE journal (
    source     TEXT PRIMARY KEY,            -- `journal:` and what is read of it
    cursor     TEXT,                        -- of the last entry that was read; none if there was none
    read_until INTEGER NOT NULL,            -- all that was written before is read
    failures   INTEGER NOT NULL             -- how often journalctl was started again because it failed
) STRICT, WITHOUT ROWID;

-- What was read from each path, by the format that reads it.
CREATE TABLE reading_format (
    path    INTEGER NOT NULL,               -- path.id
    format  TEXT NOT NULL,
    records INTEGER NOT NULL,
    PRIMARY KEY (path, format)
) STRICT, WITHOUT ROWID;

-- Records that no grammar read, by path and reason. Let go when the newest of them is as old as the oldest event.
CREATE TABLE reject_reason (
    path     INTEGER NOT NULL,              -- path.id
    format   TEXT NOT NULL,                 -- which grammar tried; empty if none claimed it
    wanted   TEXT NOT NULL,
    records  INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL,              -- the newest of them: when,
    "offset" INTEGER NOT NULL,              -- where it begins in its file,
    at_byte  INTEGER NOT NULL,              -- and at which of its bytes it was wanted
    PRIMARY KEY (path, format, wanted)
) STRICT, WITHOUT ROWID;

CREATE INDEX reject_path ON reject (path);

-- Mutes that were made by command; those of the configuration stand there.
CREATE TABLE mute (
    id        TEXT PRIMARY KEY,
    matcher   TEXT NOT NULL,                -- JSON: pairs of a key and a value, as they are typed
    author    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    since     INTEGER NOT NULL,
    until     INTEGER,                      -- NULL: for good
    lifted_at INTEGER,
    lifted_by TEXT
) STRICT, WITHOUT ROWID;

-- Grows with each change of a mute, so that senders know of it without reading them.
ALTER TABLE identity ADD COLUMN mutes_version INTEGER NOT NULL DEFAULT 0;

-- How many events each mute hid from each destination, those of the configuration as well.
CREATE TABLE hidden (
    destination TEXT NOT NULL,
    mute        TEXT NOT NULL,
    events      INTEGER NOT NULL,
    PRIMARY KEY (destination, mute)
) STRICT, WITHOUT ROWID;

-- When a critical alert was told although it is muted: once a day for each mute and group.
CREATE TABLE reminded (
    destination TEXT NOT NULL,
    mute        TEXT NOT NULL,
    key         TEXT NOT NULL,              -- the group's
    told_at     INTEGER NOT NULL,
    PRIMARY KEY (destination, mute, key)
) STRICT, WITHOUT ROWID;
