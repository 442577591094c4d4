//! A transaction that is synced when it is committed: what senders write.

use std::ops::Deref;
use std::sync::MutexGuard;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::StoreError;
use super::patience::Patience;
use super::turn::{Turn, take_turn};

/// A transaction under way. Dropped without [`Writing::commit`], nothing of it remains.
pub(super) struct Writing<'a> {
    transaction: Transaction<'a>,
    patience: &'a mut Patience,
    turn: &'a Turn,
    // Last, so that the next writer's turn begins when the transaction is over.
    _turn: MutexGuard<'a, ()>,
}

impl<'a> Writing<'a> {
    /// Waits for its turn and begins. The connection is in no other transaction.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(super) fn begin(
        connection: &'a Connection,
        turn: &'a Turn,
        patience: &'a mut Patience,
    ) -> Result<Self, StoreError> {
        let taken = take_turn(turn);
        turn.wal.renew(connection)?;
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        Ok(Self { transaction, patience, turn, _turn: taken })
    }

    /// Commits and syncs it all.
    ///
    /// # Errors
    /// The database cannot be written. Nothing of it remains then for this process; one that begins after a crash may find
    /// it, where only the sync failed.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().inspect_err(|error| self.turn.wal.doubt(error))?;
        self.patience.took();
        Ok(())
    }
}

impl<'a> Deref for Writing<'a> {
    type Target = Transaction<'a>;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}
