//! The next server is told who the user is, and asked at every step; nothing is promised before it has.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::common::{Edge, Talk};
use super::server::{Peer, Server, certificate, serve};
use super::{AUTH, edge};

const FORWARDED: &str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";

/// An edge in front of a server.
fn in_front_of(server: &Server, more: &str) -> Edge {
    let host = server.address;
    edge(
        "",
        &format!("[relay]\nhost = \"{host}\"\ntls = \"off\"\n{more}\n"),
    )
}

/// What a server that takes identities says until mail may come. A word comes through for each step that
/// the test has to look at before it goes on.
fn takes_identity(peer: &mut Peer, steps: &(Sender<()>, Receiver<()>)) {
    peer.say("220 mx.example.test ESMTP\r\n");
    peer.expect("EHLO edge.example.test");
    peer.offer(&["PIPELINING", "SIZE", "8BITMIME", FORWARDED]);
    let said = peer.hear();
    assert!(said.starts_with("XCLIENT PORT="), "{said}");
    assert!(
        said.ends_with(
            " NAME=[UNAVAILABLE] HELO=client.example.org PROTO=ESMTP ADDR=127.0.0.1 LOGIN=alice@example.test\r\n"
        ),
        "{said}"
    );
    wait(steps);
    peer.expect_silence();
    peer.say("220 mx.example.test ESMTP\r\n");
    peer.expect("EHLO edge.example.test");
    wait(steps);
    peer.offer(&["PIPELINING", "SIZE", "8BITMIME"]);
}

/// The server's part: it has come to a step, and waits.
fn wait((told, go): &(Sender<()>, Receiver<()>)) {
    told.send(()).unwrap();
    go.recv().unwrap();
}

/// The test's part: the server has come to a step, nothing was said to the client, and it goes on.
fn step((go, told): &(Sender<()>, Receiver<()>), talk: &mut Talk) {
    told.recv().unwrap();
    talk.silence();
    go.send(()).unwrap();
}

type Side = (Sender<()>, Receiver<()>);

fn steps() -> (Side, Side) {
    let (told, hears) = channel();
    let (goes, waits) = channel();
    ((told, waits), (goes, hears))
}

fn submission(edge: &Edge) -> Talk {
    let mut talk = edge.connect("submission");
    talk.accepted(&["EHLO client.example.org"]);
    talk
}

#[test]
fn every_promise_is_that_of_the_next_server() {
    let (theirs, ours) = steps();
    let server = serve(move |peer| {
        takes_identity(peer, &theirs);
        peer.expect("MAIL FROM:<alice@example.test>");
        wait(&theirs);
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<x@remote.invalid>");
        wait(&theirs);
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<nobody@remote.invalid>");
        peer.say("550 5.1.1 Nobody\r\n");
        peer.expect("DATA");
        wait(&theirs);
        peer.say("354 Go\r\n");
        let trace = peer.hear();
        assert!(
            trace.starts_with("Received: from client.example.org ([127.0.0.1])"),
            "{trace}"
        );
        // The rest of it is folded.
        let mut line = peer.hear();
        while line.starts_with('\t') {
            line = peer.hear();
        }
        assert_eq!(line, "Subject: x\r\n");
        peer.expect_octets("\r\n..dot\r\n.\r\n");
        wait(&theirs);
        peer.say("250 2.0.0 Ok: queued\r\n");
        peer.farewell();
    });
    let edge = in_front_of(&server, "xclient = true");
    let mut talk = submission(&edge);
    talk.send(format!("{AUTH}\r\n").as_bytes());
    step(&ours, &mut talk);
    step(&ours, &mut talk);
    assert!(talk.reply().starts_with("235 "));
    talk.accepted(&["MAIL FROM:<alice@example.test>"]);
    talk.send(b"RCPT TO:<x@remote.invalid>\r\n");
    step(&ours, &mut talk);
    step(&ours, &mut talk);
    assert!(talk.reply().starts_with("250 "));
    assert_eq!(
        talk.say("RCPT TO:<nobody@remote.invalid>"),
        "550 5.1.1 Nobody"
    );
    talk.send(b"DATA\r\n");
    step(&ours, &mut talk);
    assert!(talk.reply().starts_with("354 "));
    talk.send(b"Subject: x\r\n\r\n..dot\r\n.\r\n");
    step(&ours, &mut talk);
    assert!(talk.reply().starts_with("250 "));
    talk.accepted(&["QUIT"]);
    server.heard();
    assert_eq!(edge.files().len(), 0, "nothing is stored");
}

#[test]
fn a_login_that_the_next_server_does_not_take_is_none() {
    for case in 0..6 {
        let server = serve(move |peer| {
            peer.say(match case {
                5 => "554 5.7.1 No\r\n",
                _ => "220 mx.example.test ESMTP\r\n",
            });
            if case == 5 {
                return peer.farewell();
            }
            peer.expect("EHLO edge.example.test");
            match case {
                0 => peer.offer(&["PIPELINING"]),
                // Whatever else it takes, without the login it would be another's mail.
                1 => peer.offer(&["XCLIENT NAME ADDR PORT PROTO HELO"]),
                _ => peer.offer(&[FORWARDED]),
            }
            if case < 2 {
                return peer.farewell();
            }
            assert!(peer.hear().starts_with("XCLIENT "));
            match case {
                2 => peer.say("550 5.7.0 Error: insufficient authorization\r\n"),
                3 => peer.say("421 4.3.2 Stopping\r\n"),
                // It is lost.
                _ => return,
            }
            if case == 2 {
                peer.farewell();
            }
        });
        let edge = in_front_of(&server, "xclient = true");
        let mut talk = submission(&edge);
        let reply = talk.say(AUTH);
        assert!(reply.starts_with("454 4.7.0 "), "{case}: {reply}");
        assert!(
            talk.say("MAIL FROM:<alice@example.test>")
                .starts_with("530 5.7.0 "),
            "{case}"
        );
        let heard = server.heard();
        assert!(!heard.contains("MAIL"), "{case}: {heard}");
    }
    // Nobody is there at all.
    let server = serve(|_| {});
    let nobody = server.address;
    drop(std::net::TcpStream::connect(nobody).unwrap());
    server.heard();
    let edge = edge(
        "",
        &format!("[relay]\nhost = \"{nobody}\"\nxclient = true\n"),
    );
    assert!(submission(&edge).say(AUTH).starts_with("454 4.7.0 "));
}

#[test]
fn nobody_relays_without_a_login() {
    let server = serve(|_| {});
    let edge = in_front_of(&server, "xclient = true");
    for role in ["mx", "lmtp"] {
        let mut talk = edge.connect(role);
        let hello = if role == "lmtp" { "LHLO" } else { "EHLO" };
        talk.accepted(&[&format!("{hello} a.example"), "MAIL FROM:<a@example.org>"]);
        assert!(
            talk.say("RCPT TO:<x@remote.invalid>").starts_with("55"),
            "{role}"
        );
    }
    let mut talk = submission(&edge);
    assert!(
        talk.say("MAIL FROM:<a@example.org>")
            .starts_with("530 5.7.0 ")
    );
    // No connection was made for any of them.
    drop(std::net::TcpStream::connect(server.address).unwrap());
    assert_eq!(server.heard(), "");
}

/// What the next server says at a step, and what the client is told. In front of it MAIL is `Ok`.
#[test]
fn verdicts_are_passed_on() {
    for (at, said, told) in [
        (
            "MAIL",
            "550 5.1.8 Not from you\r\n",
            "550 5.1.8 Not from you",
        ),
        // In a session that was fresh; one that had waited for others would be opened anew.
        (
            "MAIL",
            "",
            "451 4.4.2 The next server is gone, try again later",
        ),
        ("RCPT", "451 4.2.1 Greylisted\r\n", "451 4.2.1 Greylisted"),
        ("RCPT", "552 Full\r\n", "552 5.0.0 Full"),
        (
            "RCPT",
            "550-5.7.1 One\r\n550 5.7.1 two\r\n",
            "550 5.7.1 One two",
        ),
        // It is about its session, not about ours.
        (
            "RCPT",
            "421 4.3.2 Stopping\r\n",
            "451 4.4.2 The next server is gone, try again later",
        ),
        (
            "RCPT",
            "",
            "451 4.4.2 The next server is gone, try again later",
        ),
        (
            "RCPT",
            "what?\r\n",
            "451 4.4.2 The next server is gone, try again later",
        ),
        ("DATA", "451 4.3.0 Not now\r\n", "451 4.3.0 Not now"),
        (
            "DATA",
            "",
            "451 4.4.2 The next server is gone, try again later",
        ),
        ("END", "554 5.7.1 Spam\r\n", "554 5.7.1 Spam"),
        ("END", "452 4.3.1 Full\r\n", "452 4.3.1 Full"),
        (
            "END",
            "",
            "451 4.4.2 The next server is gone, try again later",
        ),
        (
            "END",
            "421 4.3.2 Stopping\r\n",
            "451 4.4.2 The next server is gone, try again later",
        ),
    ] {
        let server = serve(move |peer| {
            peer.say("220 mx.example.test ESMTP\r\n");
            peer.expect("EHLO edge.example.test");
            peer.offer(&["SIZE"]);
            for verb in ["MAIL", "RCPT", "DATA"] {
                assert!(peer.hear().starts_with(verb));
                if at == verb {
                    peer.say(said);
                    return;
                }
                peer.say(if verb == "DATA" {
                    "354 Go\r\n"
                } else {
                    "250 Ok\r\n"
                });
            }
            while peer.hear() != ".\r\n" {}
            peer.say(said);
        });
        let edge = in_front_of(&server, "");
        let mut talk = submission(&edge);
        talk.accepted(&[AUTH, "MAIL FROM:<alice@example.test>"]);
        let mut reply = talk.say("RCPT TO:<x@remote.invalid>");
        if ["DATA", "END"].contains(&at) {
            assert!(reply.starts_with("250 "), "{at}: {reply}");
            reply = talk.say("DATA");
        }
        if at == "END" {
            assert!(reply.starts_with("354 "), "{at}: {reply}");
            reply = talk.say("Subject: x\r\n\r\ny\r\n.");
        }
        assert_eq!(reply, told, "{at} {said:?}");
        if at == "DATA" {
            // The client's transaction is open, and nothing comes of it any more.
            for again in ["DATA", "RCPT TO:<alice@example.test>", "DATA"] {
                assert_eq!(talk.say(again), told, "{again}");
            }
        }
        // The session with the client goes on.
        talk.accepted(&["RSET", "NOOP", "QUIT"]);
        server.heard();
    }
}

#[test]
fn a_next_server_that_is_lost_in_the_middle_of_a_message() {
    for refuses in [false, true] {
        let server = serve(move |peer| {
            peer.say("220 mx.example.test ESMTP\r\n");
            peer.expect("EHLO edge.example.test");
            peer.offer(&["SIZE"]);
            for reply in ["250 Ok\r\n", "250 Ok\r\n", "354 Go\r\n"] {
                peer.hear();
                peer.say(reply);
            }
            while peer.hear() != "Subject: x\r\n" {}
            if refuses {
                peer.say("552 5.3.4 So much\r\n");
                // Until it is read: to close would reset the connection.
                while !peer.hear().is_empty() {}
            }
        });
        let edge = in_front_of(&server, "");
        let mut talk = submission(&edge);
        talk.accepted(&[
            AUTH,
            "MAIL FROM:<alice@example.test>",
            "RCPT TO:<x@remote.invalid>",
        ]);
        // One for here as well: it gets none either, since the client sends it again to both.
        talk.accepted(&["RCPT TO:<alice@example.test>", "DATA"]);
        talk.send(b"Subject: x\r\n\r\n");
        // More than all buffers on the way hold.
        let line = [&[b'a'; 998][..], b"\r\n"].concat();
        for _ in 0..20_000 {
            talk.send(&line);
        }
        talk.send(b".\r\n");
        let told = if refuses {
            "552 5.3.4 So much"
        } else {
            "451 4.4.2 The next server is gone, try again later"
        };
        assert_eq!(talk.reply(), told);
        assert_eq!(edge.files().len(), 0);
        talk.accepted(&["NOOP", "QUIT"]);
        server.heard();
    }
}

#[test]
fn mail_for_here_and_for_elsewhere_in_one_transaction_and_the_next() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO edge.example.test");
        peer.offer(&["8BITMIME"]);
        for _ in 0..2 {
            peer.expect("MAIL FROM:<alice@example.test> BODY=8BITMIME");
            peer.say("250 Ok\r\n");
            peer.expect("RCPT TO:<x@remote.invalid>");
            peer.say("250 Ok\r\n");
            peer.expect("DATA");
            peer.say("354 Go\r\n");
            while peer.hear() != ".\r\n" {}
            peer.say("250 Ok\r\n");
        }
        // A transaction that the client gives up.
        peer.expect("MAIL FROM:<alice@example.test>");
        peer.say("250 Ok\r\n");
        peer.expect("RCPT TO:<x@remote.invalid>");
        peer.say("250 Ok\r\n");
        peer.expect("RSET");
        peer.say("250 Ok\r\n");
        peer.farewell();
    });
    let edge = in_front_of(&server, "");
    let mut talk = submission(&edge);
    talk.accepted(&[AUTH]);
    for count in 1..=2 {
        talk.accepted(&[
            "MAIL FROM:<alice@example.test> BODY=8BITMIME SIZE=20",
            "RCPT TO:<alice@example.test>",
            "RCPT TO:<x@remote.invalid>",
            "DATA",
        ]);
        talk.send("Subject: x\r\n\r\né\r\n.\r\n".as_bytes());
        assert!(talk.reply().starts_with("250 "));
        assert_eq!(edge.files().len(), count);
    }
    talk.accepted(&[
        "MAIL FROM:<alice@example.test>",
        "RCPT TO:<x@remote.invalid>",
        "RSET",
        "QUIT",
    ]);
    // Until then it waits for others.
    edge.terminate();
    server.heard();
}

/// TLS, a login of the edge's own, and the identity, in this order; and a certificate that nobody trusts
/// is none, unless that was asked for.
#[test]
fn in_tls_and_logged_in() {
    for (mode, verify) in [
        ("starttls", false),
        ("implicit", false),
        ("starttls", true),
        ("implicit", true),
        ("opportunistic", true),
    ] {
        let server = serve(move |peer| {
            let (tls, _) = certificate();
            if mode != "implicit" {
                peer.say("220 mx.example.test ESMTP\r\n");
                peer.expect("EHLO edge.example.test");
                peer.offer(&["STARTTLS", FORWARDED, "AUTH PLAIN"]);
                peer.expect("STARTTLS");
                peer.say("220 2.0.0 Go\r\n");
            }
            peer.start_tls(tls);
            if verify {
                // It fails, and what that looks like is the library's business.
                let _ = std::io::Read::read(&mut peer.stream, &mut [0]);
                return;
            }
            if mode == "implicit" {
                peer.say("220 mx.example.test ESMTP\r\n");
            }
            peer.expect("EHLO edge.example.test");
            peer.offer(&[FORWARDED, "AUTH PLAIN"]);
            // `\0relay\0between`; behind a login of XCLIENT, no other one is taken.
            peer.expect("AUTH PLAIN AHJlbGF5AGJldHdlZW4=");
            peer.say("235 2.7.0 Ok\r\n");
            assert!(peer.hear().starts_with("XCLIENT "));
            peer.say("250 2.0.0 Ok\r\n");
            peer.expect("EHLO edge.example.test");
            peer.offer(&[]);
            peer.farewell();
        });
        let host = server.address;
        let edge = edge(
            "",
            &format!(
                "[relay]\nhost = \"{host}\"\ntls = \"{mode}\"\nverify = {verify}\nxclient = true\n\
                 user = \"relay\"\npassword = \"between\"\n"
            ),
        );
        let mut talk = submission(&edge);
        let reply = talk.say(AUTH);
        let expected = if verify { "454 4.7.0 " } else { "235 2.7.0 " };
        assert!(reply.starts_with(expected), "{mode} {verify}: {reply}");
        talk.accepted(&["QUIT"]);
        let heard = server.heard();
        assert_eq!(heard.contains("AUTH PLAIN"), !verify, "{mode}: {heard}");
    }
}

/// With a login of its own beside: the last that is told is the user's, and the next server is one of ours.
#[test]
fn to_an_edge_with_a_login_beside_the_identity() {
    let behind = edge("xclient_from = [\"127.0.0.1\"]", "");
    let port = behind.port("submission");
    let front = edge(
        "",
        &format!(
            "[relay]\nhost = \"127.0.0.1:{port}\"\nxclient = true\nuser = \"alice@example.test\"\n\
             password = \"secret\"\ncleartext_auth = \"loopback\"\n"
        ),
    );
    let mut talk = submission(&front);
    talk.accepted(&[AUTH, "MAIL FROM:<alice@example.test>"]);
    // It would pass mail on for a user, if it had where to.
    let refusal = talk.say("RCPT TO:<x@remote.invalid>");
    assert!(
        refusal.starts_with("554 5.7.1 Relay access denied: this server"),
        "{refusal}"
    );
    talk.accepted(&["QUIT"]);
}

#[test]
fn a_user_whose_name_cannot_be_told_is_not_let_in() {
    let server = serve(|peer| {
        peer.say("220 mx.example.test ESMTP\r\n");
        peer.expect("EHLO edge.example.test");
        peer.offer(&[FORWARDED]);
        peer.farewell();
    });
    let host = server.address;
    let edge = edge(
        "",
        &format!(
            "[relay]\nhost = \"{host}\"\nxclient = true\n\
             [[user]]\nname = \"[UNAVAILABLE]\"\npassword = \"secret\"\n"
        ),
    );
    let reply = submission(&edge).say("AUTH PLAIN AFtVTkFWQUlMQUJMRV0Ac2VjcmV0");
    assert!(reply.starts_with("454 4.7.0 "), "{reply}");
    assert!(!server.heard().contains("XCLIENT"));
}
