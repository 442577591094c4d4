//! Work on what came from outside that must not take the program down by a panic. There is no known record that makes a
//! grammar panic; this is for the one that nobody knows. Knows no record and no grammar.

use std::cell::RefCell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// Characters of a panic's message that are kept. It may quote a record.
const PANIC_CHARS_MAX: usize = 200;

/// A panic that was caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    place: String,
    message: String,
}

thread_local! {
    /// While work is guarded on this thread: where it panicked, once it did.
    static GUARDED: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Does the work. What it panics with is caught and not printed, since it may quote a hostile record. What the work had
/// begun to change is left as it is: only give it what is thrown away or begun anew after a panic.
///
/// # Errors
/// It panicked.
pub fn guard<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            let guarded = GUARDED.try_with(|place| {
                let mut place = place.try_borrow_mut().ok()?;
                *place.as_mut()? = panicked.location().map(ToString::to_string).unwrap_or_default();
                Some(())
            });
            // A thread that is about to end has no place to note it, and nothing that guards it.
            if !matches!(guarded, Ok(Some(()))) {
                usual(panicked);
            }
        }));
    });
    let before = GUARDED.replace(Some(String::new()));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    let place = GUARDED.replace(before).unwrap_or_default();
    done.map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default();
        Panicked { place, message: text.escape_debug().take(PANIC_CHARS_MAX).collect() }
    })
}

/// `panicked at parsers/src/cef.rs:10:5: message`, in one line.
impl fmt::Display for Panicked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "panicked at {}: {}", self.place, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_one_short_line() {
        let hostile = format!("line\n\u{1b}[2J{}", "x".repeat(1000));
        let panicked = guard(|| panic!("{hostile}")).unwrap_err().to_string();
        assert!(panicked.starts_with("panicked at src/guard.rs:"), "{panicked}");
        assert!(panicked.contains(r"line\n\u{1b}[2Jxxx"), "{panicked}");
        assert!(panicked.len() < PANIC_CHARS_MAX + 60 && !panicked.contains('\n'), "{panicked}");
        assert_eq!(guard(|| 7), Ok(7));
    }

    #[test]
    fn guards_stand_within_each_other() {
        let outer = guard(|| {
            assert!(guard(|| panic!("inner")).is_err());
            panic!("outer")
        });
        let outer: Result<(), _> = outer;
        assert_eq!(outer.unwrap_err().message, "outer");
    }
}
