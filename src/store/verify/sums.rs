//! The account of promise 2 and what it rests on: destinations, groups, posts, positions.

use rusqlite::{Connection, Row};

use super::Verified;
use crate::store::{StoreError, account, writer};

/// The account of each destination, by the ledger and the groups, held against its own row.
pub(super) fn destinations(
    connection: &Connection,
    found: &mut Verified,
) -> Result<(), StoreError> {
    let mut names = connection.prepare("SELECT name FROM destination ORDER BY name")?;
    let names = names.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    for name in names {
        // One snapshot for what is compared.
        let snapshot = connection.unchecked_transaction()?;
        let account = account::account(&snapshot, &name)?;
        let sql = "SELECT told, given_up, cursor, began_after FROM destination WHERE name = ?1";
        let [told, given_up, cursor, began_after] = snapshot.query_row(sql, [&name], |row| {
            Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
        let last = writer::last_sequence(&snapshot)? as i64;
        let name_shown = name.escape_debug();
        let mut differs =
            |what: String| found.differs(format!("destination `{name_shown}`: {what}"));
        for (of, row, ledger) in
            [("told", told, account.told), ("given up", given_up, account.given_up)]
        {
            if row != ledger as i64 {
                differs(format!("{row} {of} by its row, {ledger} by the posts on record"));
            }
        }
        let hidden = "SELECT coalesce(sum(events), 0) FROM hidden WHERE destination = ?1";
        let hidden: i64 = snapshot.query_row(hidden, [&name], |row| row.get(0))?;
        snapshot.rollback()?;
        // What was hidden before there were counts for each mute, and by those that are forgotten, is in the sum alone.
        if hidden > (account.muted as i64).max(0) {
            differs(format!("{} muted by its row, {hidden} by the mutes", account.muted));
        }
        if account.unaccounted() != 0 {
            differs(format!(
                "{} events stored since it began, and {} fewer in all that became of them",
                account.stored as i64,
                account.unaccounted()
            ));
        }
        if cursor > last || began_after > cursor {
            differs(format!("it began after {began_after} and has read to {cursor} of {last}"));
        }
        found.destinations.push((name, account));
    }
    Ok(())
}

/// A group's columns say what its state says, and its destination is known.
pub(super) fn groups(connection: &Connection, found: &mut Verified) -> Result<(), StoreError> {
    named(
        connection,
        found,
        "SELECT destination, key, 'holds ' || held || ' events by its row, ' || \
         ((state ->> 'total') - (state ->> 'told')) || ' by its counts, ' || \
         (SELECT sum(value) FROM json_each(state, '$.held')) || ' by severity' FROM open_group \
         WHERE held <> (state ->> 'total') - (state ->> 'told') \
            OR held <> (SELECT sum(value) FROM json_each(state, '$.held'))",
        |row| {
            let (name, key): (String, String) = (row.get(0)?, row.get(1)?);
            let what: String = row.get(2)?;
            Ok(format!("a group of `{}`, `{}`, {what}", name.escape_debug(), key.escape_debug()))
        },
    )?;
    named(
        connection,
        found,
        "SELECT DISTINCT destination FROM (SELECT destination FROM open_group UNION ALL \
         SELECT destination FROM notification WHERE state = 0) \
         WHERE destination NOT IN (SELECT name FROM destination)",
        |row| {
            let name: String = row.get(0)?;
            Ok(format!("`{}` has events to tell and is no destination", name.escape_debug()))
        },
    )
}

/// A post tells what its cards tell, and only one is under way to a destination.
pub(super) fn posts(connection: &Connection, found: &mut Verified) -> Result<(), StoreError> {
    named(
        connection,
        found,
        "SELECT id, events, (SELECT coalesce(sum(events), 0) FROM card WHERE notification = id) AS told \
         FROM notification WHERE events <> told",
        |row| {
            let [id, events, told] = [row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?];
            Ok(format!("post {id} tells {events} events, its cards {told}"))
        },
    )?;
    named(
        connection,
        found,
        "SELECT destination, count(*) FROM notification WHERE state = 0 GROUP BY destination HAVING count(*) > 1",
        |row| {
            let (name, count): (String, i64) = (row.get(0)?, row.get(1)?);
            Ok(format!("{count} posts are under way to `{}`", name.escape_debug()))
        },
    )?;
    named(
        connection,
        found,
        "SELECT notification, events, first, last FROM card WHERE events > 0 AND \
         (first > last OR events > last - first + 1 OR last > (SELECT last_sequence FROM identity))",
        |row| {
            let [post, events, first, last] =
                [row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            Ok(format!("a card of post {post} tells {events} events between {first} and {last}"))
        },
    )
}

/// Each place is one that reading can stand at.
pub(super) fn positions(connection: &Connection, found: &mut Verified) -> Result<(), StoreError> {
    named(
        connection,
        found,
        "SELECT CAST(path AS BLOB), \"offset\" FROM position WHERE length(path) = 0 OR head_bytes > 1024 OR \
         behind_bytes > 1024 OR (\"offset\" >= 0 AND (head_bytes > \"offset\" OR behind_bytes > \"offset\")) OR \
         (size >= 0 AND \"offset\" > size) OR mid_line NOT IN (0, 1)",
        |row| {
            let path = String::from_utf8_lossy(row.get_ref(0)?.as_blob()?).into_owned();
            let offset = row.get::<_, i64>(1)?.cast_unsigned();
            let path = path.escape_debug();
            Ok(format!(
                "the position in `{path}`, byte {offset}, is not one that reading can stand at"
            ))
        },
    )?;
    named(
        connection,
        found,
        "SELECT generation, count(*) FROM position GROUP BY generation HAVING count(*) > 1",
        |row| {
            let (generation, count): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(format!("{count} positions are of the one generation {:016x}", generation))
        },
    )
}

/// Each row that this query finds is a difference.
fn named(
    connection: &Connection,
    found: &mut Verified,
    sql: &str,
    name: fn(&Row<'_>) -> rusqlite::Result<String>,
) -> Result<(), StoreError> {
    let mut query = connection.prepare(sql)?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        found.differs(name(row)?);
    }
    Ok(())
}
