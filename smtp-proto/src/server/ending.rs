//! How a session ends: the peer has closed, the server stops, or the embedder has answered what is no answer.

use bytes::BytesMut;

use super::{Closing, Error, Fault, Session, write};
use crate::error::Misuse;
use crate::table::{Next, Phase};

impl Session {
    /// The peer has closed its side: there will be no more input.
    ///
    /// To be called when [`need`](Self::need) wants [`Input`](super::Need::Input): whole lines that are
    /// unread when this is called are never read. A question that waits can still be answered, since
    /// a peer may close its side behind a whole message and wait for the verdict. Everything else is
    /// over.
    ///
    /// # Errors
    ///
    /// [`Fault::EndOfInput`] in the middle of a message's content or of an AUTH exchange: what has
    /// been received of the message is not a message.
    pub fn end_of_input(&mut self) -> Result<(), Error> {
        self.input_ended = true;
        if self.pending.is_some() || self.position.phase() == Phase::Closed {
            return Ok(());
        }
        let cut = self.skip.is_some()
            || matches!(
                self.position.phase(),
                Phase::Content
                    | Phase::Chunk
                    | Phase::Chunks
                    | Phase::Spoiled
                    | Phase::Authenticating
            );
        self.close(Closing::EndOfInput);
        if cut {
            Err(Fault::EndOfInput.into())
        } else {
            Ok(())
        }
    }

    /// Ends the session with 421 4.3.2 because the server stops: at once if nothing is going on, else
    /// when the transaction has come to its end, or the TLS handshake and the EHLO behind it. So 421
    /// never comes in the middle of content, where nobody looks for it, and no message is lost that
    /// the peer believes accepted.
    pub fn shut_down(&mut self, out: &mut BytesMut) {
        self.stopping = true;
        self.settle(out);
    }

    /// As [`shut_down`](Self::shut_down), for when that has taken too long: a peer that is at its turn is told
    /// now, were it in a transaction, which is dropped. In the middle of content, of an answer or of a handshake
    /// nothing is said, and it is for the caller to cut the connection.
    pub fn shut_down_now(&mut self, out: &mut BytesMut) {
        self.shut_down(out);
        let awaits_command = self.position.phase().takes_commands();
        if awaits_command && self.pending.is_none() && self.skip.is_none() {
            self.stop(out);
        }
    }

    /// Ends the session that is stopping where nothing is going on.
    pub(super) fn settle(&mut self, out: &mut BytesMut) {
        let phase = self.position.phase();
        let idle = self.pending.is_none() && self.skip.is_none() && !phase.in_transaction();
        if self.stopping && idle && phase != Phase::Closed {
            self.stop(out);
        }
    }

    pub(super) fn stop(&mut self, out: &mut BytesMut) {
        self.say(&write::SHUT_DOWN, out);
        self.close(Closing::ShutDown);
    }

    /// The embedder gave an answer that is none: the session cannot go on.
    pub(super) fn misused(&mut self, misuse: Misuse, out: &mut BytesMut) -> Misuse {
        self.say(&write::MISUSED, out);
        self.close(Closing::Misuse);
        misuse
    }

    pub(super) fn close(&mut self, closing: Closing) {
        self.closing = closing;
        self.pending = None;
        self.skip = None;
        self.end_login();
        self.go(Next::To(Phase::Closed));
    }
}
