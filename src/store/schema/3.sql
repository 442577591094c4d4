-- Version 3.

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
