//! Which hook a path means.

use super::fault::Reply;

/// The only hook that there is.
pub(super) const PATH: &str = "/services/T0FAKESLACK/B0FAKESLACK/notASecretNotASecretNot1";

/// `Ok` for the hook's own path, else Slack's answer. The statuses of `no_team` and `no_service`
/// are assumed.
pub(super) fn find(path: &str) -> Result<(), Reply> {
    let wanted: Vec<&str> = PATH.split('/').collect();
    let found: Vec<&str> = path.split('/').collect();
    let (["", "services", team, hook, secret], [_, _, wanted_team, wanted_hook, wanted_secret]) =
        (found.as_slice(), wanted.as_slice())
    else {
        return Err(Reply::redirect());
    };
    match (team == wanted_team, hook == wanted_hook, secret == wanted_secret) {
        (false, _, _) => Err(Reply::new(404, "no_team")),
        (_, false, _) => Err(Reply::new(404, "no_service")),
        (_, _, false) => Err(Reply::new(403, "invalid_token")),
        (true, true, true) => Ok(()),
    }
}
