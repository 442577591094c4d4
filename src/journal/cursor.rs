//! A cursor: which entry of the journal is meant. Pure.

/// A longer one was not written by journald: its are about 130 bytes long.
const BYTES_MAX: usize = 512;

/// A cursor as the field `__CURSOR` has it (systemd.journal-fields(7)): `s=…;i=…;b=…;m=…;t=…;x=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// One that can be given to journalctl; `None` for what no journal writes.
    pub fn parse(text: &str) -> Option<Self> {
        let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"=;-_".contains(&byte);
        let fits = (1..=BYTES_MAX).contains(&text.len()) && text.bytes().all(usual);
        fits.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Do both mean the same entry? One that journald moved from memory to the disk has another number in another
    /// sequence; boot, both times and the hash of its content stay.
    pub fn is_same_entry(&self, other: &Self) -> bool {
        self == other || (self.lasting().next().is_some() && self.lasting().eq(other.lasting()))
    }

    fn lasting(&self) -> impl Iterator<Item = &str> {
        self.0
            .split(';')
            .filter(|part| ["b=", "m=", "t=", "x="].iter().any(|of| part.starts_with(of)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_known_again_also_after_it_was_moved() {
        let cursor = |text: &str| Cursor::parse(text).unwrap();
        let one = cursor("s=aa;i=1;b=cc;m=3e8;t=64c;x=24");
        for (other, same) in [
            ("s=aa;i=1;b=cc;m=3e8;t=64c;x=24", true),
            ("s=bb;i=7;b=cc;m=3e8;t=64c;x=24", true),
            ("s=aa;i=1;b=cc;m=3e8;t=64c;x=25", false),
            ("s=aa;i=2;b=cc;m=3e9;t=64c;x=24", false),
            ("s=aa", false),
        ] {
            assert_eq!(one.is_same_entry(&cursor(other)), same, "{other}");
        }
        assert!(!cursor("s=aa").is_same_entry(&cursor("s=bb")));
    }

    #[test]
    fn only_what_can_be_a_cursor_is_given_on() {
        for text in ["", "s=a b", "s=a\n", "s=\"", &"a".repeat(BYTES_MAX + 1)] {
            assert_eq!(Cursor::parse(text), None, "{text:?}");
        }
    }
}
