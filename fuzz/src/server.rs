//! The server session against anything at all, in both dialects.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use mailwire_smtp_proto::dialect::Dialect;
use mailwire_smtp_proto::peer::Peer;
use mailwire_smtp_proto::policy::{AuthRule, Channel, CleartextAuth, Listener, Role};
use mailwire_smtp_proto::server::{Admission, Config, Decision, Event, Need, Session};

/// Feeds `data` to a session whole and octet by octet; output and content must be equal, and every
/// line of the output must end with CRLF.
///
/// # Panics
///
/// When they are not.
pub fn server(data: &[u8]) {
    for (role, dialect) in [(Role::Mx, Dialect::Smtp), (Role::Lmtp, Dialect::Lmtp)] {
        let mut whole = run(role, dialect, data, data.len().max(1));
        let mut octets = run(role, dialect, data, 1);
        if whole.is_cut {
            // Of a message that is none because it has no end, less may have been handed out.
            let content = whole.content.len().min(octets.content.len());
            whole.content.truncate(content);
            octets.content.truncate(content);
        }
        assert_eq!(whole, octets, "the cut of the input changed the dialogue");
        assert!(whole.said.ends_with(b"\r\n"));
    }
}

/// What came of a session.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    said: Vec<u8>,
    content: Vec<u8>,
    /// The input ended in the middle of a message or of an AUTH exchange.
    is_cut: bool,
}

/// A session that is fed `size` octets at a time.
fn run(role: Role, dialect: Dialect, data: &[u8], size: usize) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(hostname) = "mx.example.test".parse() else {
        return outcome;
    };
    let mut listener = Listener::of(role);
    listener.auth = AuthRule::Optional;
    listener.cleartext_auth = CleartextAuth::Allow;
    let mut config = Config::new(hostname, dialect, listener);
    let extensions = &mut config.extensions;
    extensions.smtputf8 = true;
    extensions.dsn = true;
    extensions.binary_mime = true;
    extensions.deliver_by = Some(0);
    extensions.mt_priority = Some(None);
    extensions.etrn = true;
    extensions.vrfy = true;
    extensions.expn = true;
    config.xclient.local_socket = true;
    config.xforward.local_socket = true;
    config.limits.text_line = Some(100);
    config.limits.message_size = Some(1000);
    config.limits.discarded = 2000;
    let config = Arc::new(config);
    let now = Instant::now();
    let mut out = BytesMut::new();
    let mut session = Session::new(config, Peer::local(), Channel::Plain, now, &mut out);
    let mut unread = Vec::new();
    for piece in data.chunks(size) {
        unread.extend_from_slice(piece);
        loop {
            outcome.said.extend_from_slice(&out.split());
            match session.need(&unread, now, &out) {
                Need::Nothing => {}
                Need::Input | Need::Answer | Need::Flush => break,
            }
            let consumed = step(&mut session, &unread, now, &mut out, &mut outcome.content);
            unread.drain(..consumed);
            if session.is_closed() {
                outcome.said.extend_from_slice(&out.split());
                return outcome;
            }
        }
    }
    outcome.is_cut = session.end_of_input().is_err();
    outcome.said.extend_from_slice(&out.split());
    outcome
}

/// One step, with every question answered by yes (and STARTTLS let go unanswered).
fn step(
    session: &mut Session,
    unread: &[u8],
    now: Instant,
    out: &mut BytesMut,
    content: &mut Vec<u8>,
) -> usize {
    let Ok(step) = session.advance(unread, now, out) else {
        return 0;
    };
    let answered = match step.event {
        Some(Event::Hello { pending, .. }) => session.answer(pending, Admission::Accept, now, out),
        Some(Event::Xclient { pending, .. }) => {
            session.answer(pending, Admission::Accept, now, out)
        }
        Some(Event::Auth { pending, .. }) => session.answer(pending, Decision::Accept, now, out),
        Some(Event::Mail { pending, .. }) => session.answer(pending, Decision::Accept, now, out),
        Some(Event::Rcpt { pending, .. }) => session.answer(pending, Decision::Accept, now, out),
        Some(Event::Data { pending }) => session.answer(pending, Admission::Accept, now, out),
        Some(Event::Verify { pending, .. }) => session.answer(pending, Decision::Accept, now, out),
        Some(Event::Etrn { pending, .. }) => session.answer(pending, Decision::Accept, now, out),
        Some(Event::Message { pending, .. }) => {
            session.answer(pending, Decision::Accept.into(), now, out)
        }
        Some(Event::Content(octets)) => {
            content.extend_from_slice(octets);
            Ok(())
        }
        _ => Ok(()),
    };
    assert_eq!(answered, Ok(()), "an answer that fits was refused");
    step.consumed
}
