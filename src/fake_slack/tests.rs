//! The fake against the documented limits, an edge and its far side each, and its server over real sockets.

use super::*;
use crate::destinations::{Form, slack};
use crate::message::compose;
use crate::message::samples::check_each;
#[test]
fn show() {
    check_each(|name, report| {
        println!("--- {name}");
        let r = examine(&slack::payload(&compose(report), Form::default()));
        println!("{}", r.shown());
        println!("chars {} bytes {} minimal {}", r.chars, r.body.len(), compose(report).minimal);
    });
}
