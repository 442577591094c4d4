//! A text that never shows itself: webhook URLs, tokens, passwords (promise 7). It knows nothing of
//! where it is used.

use std::fmt;

use zeroize::Zeroizing;

/// A secret text. `Debug` shows `***`; there is no `Display`. Its memory is overwritten when it is
/// dropped, so that it does not lie about for a core dump.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret. A `String` is taken over, not copied.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_shows_itself_only_when_asked() {
        let secret = Secret::new("https://hooks.example.com/services/T0/B0/x");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "*** Some(\n    ***,\n)");
        assert_eq!(secret.reveal(), "https://hooks.example.com/services/T0/B0/x");
    }
}
