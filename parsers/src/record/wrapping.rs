//! Records whose lines are wrapped, as in a container's log. The grammars' frames see what the lines hold; a record's bytes are
//! the lines as they stand in the file, so that it can be read again by itself.

use alloc::vec::Vec;

use super::{Offer, Place, RECORD_BYTES_MAX, Records};
use crate::wrapped::Line;

/// What the lines hold of the record that is open.
#[derive(Debug)]
pub(super) struct Wrapping {
    /// Never longer than the lines themselves.
    text: Vec<u8>,
    /// The program's line goes on in the next one.
    goes_on: bool,
    /// Has the record a frame? Else it is one line that was cut.
    framed: bool,
    is_error: bool,
}

impl Records {
    pub(super) fn offer_wrapped(
        &mut self,
        offset: u64,
        line: &[u8],
        inner: &Line<'_>,
        cut: bool,
    ) -> Offer {
        let line = super::ended(line);
        if !self.bytes.is_empty() {
            return self.go_on_wrapped(line, inner, cut);
        }
        let begun = self.beginning(&inner.text);
        if begun.is_none() && inner.ends {
            return Offer::Alone;
        }
        let place = begun.map_or(Place::Inside, |(_, place)| place);
        (self.offset, self.cut) = (offset, cut);
        self.frame = begun.map(|(frame, _)| frame).or(self.frame);
        self.bytes.extend_from_slice(line);
        self.wrapping = Some(Wrapping {
            text: inner.text.to_vec(),
            goes_on: !inner.ends,
            framed: begun.is_some(),
            is_error: inner.is_error,
        });
        if place == Place::Last && inner.ends { Offer::Complete } else { Offer::Taken }
    }

    fn go_on_wrapped(&mut self, line: &[u8], inner: &Line<'_>, cut: bool) -> Offer {
        let frame = self.frame;
        let Some(wrapping) = self.wrapping.as_mut().filter(|w| w.is_error == inner.is_error) else {
            return Offer::Before;
        };
        let place = match frame {
            _ if wrapping.goes_on => Place::Inside,
            Some(frame) if wrapping.framed => (frame.place)(&wrapping.text, &inner.text),
            _ => Place::Outside,
        };
        if place == Place::Outside {
            return Offer::Before;
        }
        if self.bytes.len() + 1 + line.len() > RECORD_BYTES_MAX {
            self.cut = true;
            return Offer::Before;
        }
        if !wrapping.goes_on {
            wrapping.text.push(b'\n');
        }
        wrapping.text.extend_from_slice(&inner.text);
        wrapping.goes_on = !inner.ends;
        let ended = inner.ends && (place == Place::Last || !wrapping.framed);
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(line);
        self.cut |= cut;
        if ended { Offer::Complete } else { Offer::Taken }
    }
}
