//! Where reading goes on, and which sources are known. Written in the transaction of the events.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use rusqlite::params;

use super::{Batch, StoreError, Writer};
use crate::tail::{
    Anchors, Changes, Checkpoint, FileKey, Fingerprint, Identity, Position, Skipped, Stage,
};

impl Writer {
    /// The places where reading goes on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT file, path, device, inode, head_bytes, head_hash, generation, \"offset\", mid_line, cut_lines, \
             cut_bytes, nul_bytes, behind_bytes, behind_hash, size, modified_ns, number, stage, since, anchors FROM position",
        )?;
        let rows = query.query_map([], |row| {
            let number = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
            let path = PathBuf::from(OsString::from_vec(row.get(1)?));
            let head = Fingerprint { bytes: row.get(4)?, hash: number(5)? };
            let skipped =
                Skipped { cut_lines: number(9)?, cut_bytes: number(10)?, nul_bytes: number(11)? };
            Ok(Checkpoint {
                file: FileKey(number(0)?),
                path,
                identity: Identity { device: number(2)?, inode: number(3)?, head },
                generation: number(6)?,
                position: Position { offset: number(7)?, mid_line: row.get(8)?, skipped },
                anchors: Anchors::from_bytes(row.get_ref(19)?.as_blob()?),
                behind: Fingerprint { bytes: row.get(12)?, hash: number(13)? },
                size: number(14)?,
                modified_ns: row.get(15)?,
                number: number(16)?,
                stage: stage(row.get(17)?),
                since_us: row.get(18)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The stage that is kept as `number`. What a newer program wrote is read on.
fn stage(number: u8) -> Stage {
    const ALL: [Stage; 3] = [Stage::Followed, Stage::Missing, Stage::LetGo];
    ALL.into_iter().find(|stage| *stage as u8 == number).unwrap_or_default()
}

impl Batch<'_> {
    /// Where reading goes on, what is known of files that were let go, and files that are forgotten.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn positions(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut put = self.transaction.prepare_cached(
            "INSERT OR REPLACE INTO position (file, path, device, inode, head_bytes, head_hash, generation, \"offset\", \
             mid_line, cut_lines, cut_bytes, nul_bytes, behind_bytes, behind_hash, size, modified_ns, number, updated_at, \
             stage, since, anchors) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
        )?;
        for checkpoint in &changes.save {
            let Position { offset, mid_line, skipped } = checkpoint.position;
            put.execute(params![
                checkpoint.file.0.cast_signed(),
                checkpoint.path.as_os_str().as_bytes(),
                checkpoint.identity.device.cast_signed(),
                checkpoint.identity.inode.cast_signed(),
                checkpoint.identity.head.bytes,
                checkpoint.identity.head.hash.cast_signed(),
                checkpoint.generation.cast_signed(),
                offset.cast_signed(),
                mid_line,
                skipped.cut_lines.cast_signed(),
                skipped.cut_bytes.cast_signed(),
                skipped.nul_bytes.cast_signed(),
                checkpoint.behind.bytes,
                checkpoint.behind.hash.cast_signed(),
                checkpoint.size.cast_signed(),
                checkpoint.modified_ns,
                checkpoint.number.cast_signed(),
                self.now.as_microsecond(),
                checkpoint.stage as u8,
                checkpoint.since_us,
                checkpoint.anchors.to_bytes(),
            ])?;
        }
        let mut delete = self.transaction.prepare_cached("DELETE FROM position WHERE file = ?1")?;
        for file in &changes.forget {
            delete.execute([file.0.cast_signed()])?;
        }
        Ok(())
    }

    /// From now on a source with these paths is known: what appears in it later is read from its beginning.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn know_source(&mut self, paths: &[String]) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO source (paths) VALUES (?1)";
        self.transaction.execute(insert, [paths.join("\n")])?;
        Ok(())
    }
}
