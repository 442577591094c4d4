//! What the store keeps as JSON: groups, health, frozen messages.

use super::StoreError;

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged {
        wanted: "a value that has a JSON form",
        found: error.to_string(),
    })
}

pub(super) fn from_json<'a, T: serde::Deserialize<'a>>(
    text: &'a str,
    wanted: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Damaged { wanted, found: error.to_string() })
}
