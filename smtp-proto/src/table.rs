//! The dialogue: which command may come when, and what each answer leads to.
//!
//! Two tables hold it. [`on_verb`] says what a command means in a phase, and [`on_outcome`] where
//! the answer to its question leads. Both know nothing of roles, TLS or AUTH rules (policy judges
//! before the table does), nor which side of the wire asks: the server session walks them with
//! what it receives, the client session with what it sends and with the replies it gets. Nothing
//! else in the crate decides a phase.
//!
//! ```text
//!             HELO                      MAIL          RCPT           DATA 354
//!  Greeted ──────────► Helo ───┐   ┌──────────► Mail ──────► Rcpt ──────────► Content
//!     │                        ├───┤              ▲            │ ▲               │
//!     └──────────────► Ehlo ───┘   └──────────────┴── RSET ────┘ └─ RCPT         │
//!          EHLO/LHLO   │    ▲  ▲                                                 │
//!                      │    │  └───────────── end of data, any verdict ──────────┘
//!               AUTH   ▼    │ 235, 5yz, *
//!              334  Authenticating
//!
//!  any phase: QUIT, 421, EOF ──► Closed          Ehlo: STARTTLS 220 ──► Upgrading (no way back)
//!
//!  in place of DATA:
//!            BDAT n      n octets       BDAT n, BDAT n LAST
//!      Rcpt ────────► Chunk ─────► Chunks ─────────────────► Chunk ─── LAST, any verdict ──► Ehlo
//!                       │             │
//!                       └─ too large ─┴─ refused ──► Spoiled ── BDAT LAST (refused), RSET ──► Ehlo
//! ```
//!
//! Both are total by construction: an array of every phase for every verb, and an exhaustive match.
//! Their picture, as a person reads it, is `tests/transitions.md`, which a test compares.

use crate::verb::Verb;

/// Where a session stands. Deliberately exhaustive: the tables answer for every phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The server has greeted; no HELO, EHLO or LHLO was accepted in this epoch.
    Greeted,
    /// HELO was accepted: no extensions (RFC 5321 section 4.1.1.1), no transaction.
    Helo,
    /// EHLO or LHLO was accepted, no transaction.
    Ehlo,
    /// MAIL was accepted, no recipient yet.
    Mail,
    /// At least one RCPT was accepted.
    Rcpt,
    /// A chunk of the message is whole, and it was not the last: the next one has to come (RFC 3030
    /// section 2).
    Chunks,
    /// A chunk was refused: no chunk is taken any more, until the last one or RSET ends the
    /// transaction.
    Spoiled,
    /// 354 was sent: what comes is the message's content.
    Content,
    /// BDAT was accepted: what comes is content, as many octets as it said.
    Chunk,
    /// 334 was sent: the next line is a response of the SASL exchange, not a command.
    Authenticating,
    /// 220 was sent to STARTTLS: nothing more is SMTP until the handshake is over.
    Upgrading,
    /// The session is over.
    Closed,
}

/// What a command asks of whoever decides. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// May the peer go by this name? (HELO)
    Helo,
    /// May the peer go by this name, with extensions? (EHLO, LHLO)
    Ehlo,
    /// Is this identity who it claims to be? (AUTH)
    Auth,
    /// May TLS begin? (STARTTLS)
    StartTls,
    /// May this sender begin a transaction? (MAIL)
    Mail,
    /// Is this recipient accepted? (RCPT)
    Rcpt,
    /// May the content come? (DATA)
    Data,
    /// May the octets of a chunk be content? (BDAT)
    Chunk,
    /// May the octets of the last chunk be content? (BDAT LAST)
    LastChunk,
    /// Is the chunk taken? (the end of one that is not the last)
    ChunkEnd,
    /// Is the message taken? (the end of the content)
    Message,
    /// What is there of this address? (VRFY, EXPN)
    Verify,
    /// Shall mail be sent that waits? (ETRN)
    Etrn,
    /// Is the peer a proxy that may say who its client is? (XCLIENT)
    Xclient,
    /// May it say what goes into the log of the message? (XFORWARD)
    Xforward,
    /// A command that the embedder has added.
    Custom,
}

/// How a question was answered. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// 2yz (354 for DATA).
    Accepted,
    /// 334: the exchange goes on.
    Continued,
    /// 4yz or 5yz.
    Rejected,
    /// 421, or the connection is lost.
    Closing,
}

/// Why a command is out of place. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SequenceFault {
    /// HELO, EHLO or LHLO has to come first (RFC 5321 section 4.1.4).
    #[error("a greeting command (EHLO, HELO or LHLO) has to come first (RFC 5321 section 4.1.4)")]
    HelloFirst,
    /// The extension needs EHLO or LHLO; after HELO nothing was offered.
    #[error(
        "this is an extension, and after HELO none is offered; say EHLO (RFC 5321 section 2.2.1)"
    )]
    EhloFirst,
    /// MAIL has to come first.
    #[error("MAIL has to come first (RFC 5321 section 4.1.4)")]
    MailFirst,
    /// No recipient was accepted.
    #[error(
        "no recipient was accepted, so there is nobody to take the message (RFC 5321 section 4.1.1.4)"
    )]
    NoRecipients,
    /// The message comes in chunks: another one, or RSET (RFC 3030 section 2).
    #[error("the message comes in chunks: BDAT or RSET has to follow (RFC 3030 section 2)")]
    ChunksOnly,
    /// A chunk was refused, and with it all of them (RFC 3030 section 2).
    #[error(
        "a chunk of the message was refused, and so are the others; say RSET (RFC 3030 section 2)"
    )]
    ChunkRefused,
    /// Not while a mail transaction is open.
    #[error("a mail transaction is open; finish it or say RSET (RFC 5321 section 4.1.4)")]
    InTransaction,
    /// No command is possible here at all.
    #[error("no command is possible in this phase")]
    NoCommand,
    /// The command is known, and this crate's sessions have no use for it yet.
    #[error("the command is not implemented (RFC 5321 section 4.2.4)")]
    NotImplemented,
}

/// What a command means in a phase. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// The question is put; the phase stays until it is answered.
    Ask(Question),
    /// The question is answered with yes already, by an earlier one.
    Grant(Question),
    /// A transaction, if any, is dropped and 250 said; the phase becomes that after the hello.
    Reset,
    /// A reply that changes nothing (NOOP, HELP).
    Inform,
    /// 221 and the end.
    Quit,
    /// Refused as out of sequence; the phase stays.
    Refuse(SequenceFault),
}

/// Where an answer leads. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// The phase stays as it is.
    Stay,
    /// To this phase.
    To(Phase),
    /// To the phase after the last accepted hello, with the transaction dropped.
    AfterHello,
    /// This answer to this question in this phase cannot be.
    Never,
}

/// Where a session stands: its phase, and the phase that the last accepted hello led to.
///
/// Following a [`Next`] is the only way from one position to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    phase: Phase,
    after_hello: Phase,
}

impl Position {
    /// A fresh connection, or a fresh epoch after TLS.
    pub const START: Self = Self {
        phase: Phase::Greeted,
        after_hello: Phase::Greeted,
    };

    /// The phase.
    #[must_use]
    pub const fn phase(self) -> Phase {
        self.phase
    }

    /// [`Phase::Helo`] or [`Phase::Ehlo`] after a hello, [`Phase::Greeted`] before.
    #[must_use]
    pub const fn after_hello(self) -> Phase {
        self.after_hello
    }

    /// What `verb` means here: its cell of the first table, except that after HELO no extension is
    /// offered, wherever the transaction stands.
    #[must_use]
    pub const fn on_verb(self, verb: Verb) -> Cell {
        match verb {
            Verb::Bdat => self.extended(on_verb(self.phase, verb)),
            _ => on_verb(self.phase, verb),
        }
    }

    /// What a verb that the embedder has added means here.
    #[must_use]
    pub const fn on_custom_verb(self) -> Cell {
        self.extended(on_custom_verb(self.phase))
    }

    const fn extended(self, cell: Cell) -> Cell {
        match (cell, self.after_hello) {
            (Cell::Ask(_) | Cell::Grant(_), Phase::Helo) => EHLO,
            _ => cell,
        }
    }

    /// Where `next` leads. [`Next::Never`] leads to the end, which is safe everywhere.
    #[must_use]
    pub const fn follow(self, next: Next) -> Self {
        let phase = match next {
            Next::Stay => return self,
            Next::To(phase) => phase,
            Next::AfterHello => self.after_hello,
            Next::Never => Phase::Closed,
        };
        let after_hello = match phase {
            Phase::Greeted | Phase::Helo | Phase::Ehlo => phase,
            _ => self.after_hello,
        };
        Self { phase, after_hello }
    }
}

impl Phase {
    /// Every phase, in the order of the table's columns.
    pub const ALL: [Self; 12] = [
        Self::Greeted,
        Self::Helo,
        Self::Ehlo,
        Self::Mail,
        Self::Rcpt,
        Self::Chunks,
        Self::Spoiled,
        Self::Content,
        Self::Chunk,
        Self::Authenticating,
        Self::Upgrading,
        Self::Closed,
    ];

    /// Whether a line in this phase is a command.
    #[must_use]
    pub const fn takes_commands(self) -> bool {
        match self {
            Self::Greeted
            | Self::Helo
            | Self::Ehlo
            | Self::Mail
            | Self::Rcpt
            | Self::Chunks
            | Self::Spoiled => true,
            Self::Content | Self::Chunk | Self::Authenticating | Self::Upgrading | Self::Closed => {
                false
            }
        }
    }

    /// Whether a transaction is open.
    #[must_use]
    pub const fn in_transaction(self) -> bool {
        match self {
            Self::Mail
            | Self::Rcpt
            | Self::Chunks
            | Self::Spoiled
            | Self::Content
            | Self::Chunk => true,
            Self::Greeted
            | Self::Helo
            | Self::Ehlo
            | Self::Authenticating
            | Self::Upgrading
            | Self::Closed => false,
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 16] = [
        Self::Helo,
        Self::Ehlo,
        Self::Auth,
        Self::StartTls,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Chunk,
        Self::LastChunk,
        Self::ChunkEnd,
        Self::Message,
        Self::Verify,
        Self::Etrn,
        Self::Xclient,
        Self::Xforward,
        Self::Custom,
    ];
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Continued,
        Self::Rejected,
        Self::Closing,
    ];
}

/// Number of phases that take commands: the columns of the first table.
const COLUMNS: usize = 7;

type Row = [Cell; COLUMNS];

const FIRST: Cell = Cell::Refuse(SequenceFault::HelloFirst);
const EHLO: Cell = Cell::Refuse(SequenceFault::EhloFirst);
const MAIL: Cell = Cell::Refuse(SequenceFault::MailFirst);
const NOBODY: Cell = Cell::Refuse(SequenceFault::NoRecipients);
const BUSY: Cell = Cell::Refuse(SequenceFault::InTransaction);
const CHUNKS: Cell = Cell::Refuse(SequenceFault::ChunksOnly);
const GRANT: Cell = Cell::Grant(Question::Chunk);
const SPOILED: Cell = Cell::Refuse(SequenceFault::ChunkRefused);

/// The first table. HELO and EHLO in mid-session reset (RFC 5321 section 4.1.4), and the reset
/// takes effect when they are accepted. STARTTLS and AUTH are not for a transaction (RFC 4954
/// section 4 says so of AUTH; Postfix refuses STARTTLS there as well, and dropping a transaction
/// that the client believes open would be the worse surprise). A message comes by DATA or in chunks,
/// not by both, and behind the first chunk nobody is added to it (RFC 3030 section 2). XCLIENT begins a
/// new epoch, in which no hello was said, so it may come before one as well, as in Postfix; not in a
/// transaction (there as here 503).
#[rustfmt::skip]
const fn row(verb: Verb) -> Row {
    const fn ask(question: Question) -> Cell {
        Cell::Ask(question)
    }
    use Question::{
        Auth, Chunk, Data, Ehlo, Etrn, Helo, Mail, Rcpt, StartTls, Verify, Xclient, Xforward,
    };
    match verb {
        //                     Greeted Helo       Ehlo           Mail       Rcpt        Chunks  Spoiled
        Verb::Helo         => [ask(Helo); COLUMNS],
        Verb::Ehlo
        | Verb::Lhlo       => [ask(Ehlo); COLUMNS],
        Verb::StartTls     => [FIRST, EHLO,      ask(StartTls), BUSY,      BUSY,       BUSY,   BUSY],
        Verb::Auth         => [FIRST, EHLO,      ask(Auth),     BUSY,      BUSY,       BUSY,   BUSY],
        Verb::Mail         => [FIRST, ask(Mail), ask(Mail),     BUSY,      BUSY,       BUSY,   BUSY],
        Verb::Rcpt         => [FIRST, MAIL,      MAIL,          ask(Rcpt), ask(Rcpt),  CHUNKS, SPOILED],
        Verb::Data         => [FIRST, MAIL,      MAIL,          NOBODY,    ask(Data),  CHUNKS, SPOILED],
        Verb::Bdat         => [FIRST, EHLO,      MAIL,          NOBODY,    ask(Chunk), GRANT,  SPOILED],
        Verb::Etrn         => [FIRST, EHLO,      ask(Etrn),     BUSY,      BUSY,       BUSY,   BUSY],
        Verb::Rset         => [Cell::Reset; COLUMNS],
        Verb::Noop
        | Verb::Help       => [Cell::Inform; COLUMNS],
        Verb::Vrfy
        | Verb::Expn       => [ask(Verify); COLUMNS],
        Verb::Quit         => [Cell::Quit; COLUMNS],
        Verb::Xclient      => [ask(Xclient), ask(Xclient), ask(Xclient), BUSY, BUSY,    BUSY,   BUSY],
        Verb::Xforward     => [FIRST, EHLO,      ask(Xforward), BUSY,      BUSY,       BUSY,   BUSY],
    }
}

/// The row of the verbs that an embedder adds. They are extensions, and not for what comes in
/// chunks.
#[rustfmt::skip]
const CUSTOM: Row = {
    const ASK: Cell = Cell::Ask(Question::Custom);
    [FIRST, EHLO, ASK, ASK, ASK, CHUNKS, SPOILED]
};

/// What a verb that the embedder has added means in `phase`: a row of the first table.
#[must_use]
pub const fn on_custom_verb(phase: Phase) -> Cell {
    if phase.takes_commands() {
        CUSTOM[phase.index()]
    } else {
        Cell::Refuse(SequenceFault::NoCommand)
    }
}

/// The first table: what `verb` means in `phase`.
#[must_use]
pub const fn on_verb(phase: Phase, verb: Verb) -> Cell {
    if phase.takes_commands() {
        row(verb)[phase.index()]
    } else {
        Cell::Refuse(SequenceFault::NoCommand)
    }
}

/// The second table: where the `outcome` of `question`, asked in `phase`, leads.
#[must_use]
pub const fn on_outcome(phase: Phase, question: Question, outcome: Outcome) -> Next {
    use Outcome::{Accepted, Closing, Continued, Rejected};
    use Question::{
        Auth, Chunk, ChunkEnd, Custom, Data, Ehlo, Etrn, Helo, LastChunk, Mail, Message, Rcpt,
        StartTls, Verify, Xclient, Xforward,
    };
    match (question, phase, outcome) {
        // Nothing can follow the end, and nothing is asked while TLS is about to begin.
        (_, Phase::Closed | Phase::Upgrading, _) => Next::Never,
        (_, _, Closing) => Next::To(Phase::Closed),

        (Helo | Ehlo, Phase::Content | Phase::Chunk | Phase::Authenticating, _) => Next::Never,
        (Helo, _, Accepted) => Next::To(Phase::Helo),
        (Ehlo, _, Accepted) => Next::To(Phase::Ehlo),
        (Helo | Ehlo, _, Rejected) => Next::Stay,

        (Auth, Phase::Ehlo | Phase::Authenticating, Continued) => Next::To(Phase::Authenticating),
        (Auth, Phase::Ehlo | Phase::Authenticating, Accepted | Rejected) => Next::To(Phase::Ehlo),
        (Auth, _, _) => Next::Never,

        (StartTls, Phase::Ehlo, Accepted) => Next::To(Phase::Upgrading),
        (StartTls, Phase::Ehlo, Rejected) => Next::Stay,
        (StartTls, _, _) => Next::Never,

        (Mail, Phase::Helo | Phase::Ehlo, Accepted) => Next::To(Phase::Mail),
        (Mail, Phase::Helo | Phase::Ehlo, Rejected) => Next::Stay,
        (Mail, _, _) => Next::Never,

        (Rcpt, Phase::Mail | Phase::Rcpt, Accepted) => Next::To(Phase::Rcpt),
        // Behind a refused MAIL of the same pipelined group, RCPT and DATA are refused as well.
        (Rcpt, Phase::Helo | Phase::Ehlo | Phase::Mail | Phase::Rcpt, Rejected) => Next::Stay,
        (Rcpt, _, _) => Next::Never,

        // 354 without one accepted recipient happens behind a pipelined group, and is answered by
        // empty content (RFC 2920 section 3.1). A refused DATA leaves the transaction open.
        (Data, Phase::Mail | Phase::Rcpt, Accepted) => Next::To(Phase::Content),
        (Data, Phase::Helo | Phase::Ehlo | Phase::Mail | Phase::Rcpt, Rejected) => Next::Stay,
        (Data, _, _) => Next::Never,

        (Chunk | LastChunk, Phase::Rcpt | Phase::Chunks, Accepted) => Next::To(Phase::Chunk),
        // Were one chunk refused and the next one taken, a message would lack its middle.
        (Chunk, Phase::Mail | Phase::Rcpt | Phase::Chunks | Phase::Spoiled, Rejected) => {
            Next::To(Phase::Spoiled)
        }
        (LastChunk, Phase::Mail | Phase::Rcpt | Phase::Chunks | Phase::Spoiled, Rejected) => {
            Next::AfterHello
        }
        (Chunk | LastChunk, Phase::Greeted | Phase::Helo | Phase::Ehlo, Rejected) => Next::Stay,
        (Chunk | LastChunk, _, _) => Next::Never,

        (ChunkEnd, Phase::Chunk, Accepted) => Next::To(Phase::Chunks),
        (ChunkEnd, Phase::Chunk, Rejected) => Next::To(Phase::Spoiled),
        (ChunkEnd, _, _) => Next::Never,

        (Message, Phase::Content | Phase::Chunk, Accepted | Rejected) => Next::AfterHello,
        (Message, _, _) => Next::Never,

        (Verify | Etrn | Custom, _, Accepted | Rejected) => {
            if phase.takes_commands() {
                Next::Stay
            } else {
                Next::Never
            }
        }

        // Everything learned before is void, and the hello has to be said again.
        (Xclient, Phase::Greeted | Phase::Helo | Phase::Ehlo, Accepted) => Next::To(Phase::Greeted),
        (Xclient, Phase::Greeted | Phase::Helo | Phase::Ehlo, Rejected) => Next::Stay,
        (Xclient, _, _) => Next::Never,

        (Xforward, Phase::Ehlo, Accepted | Rejected) => Next::Stay,
        (Xforward, _, _) => Next::Never,

        (Helo | Ehlo | Verify | Etrn | Custom, _, Continued) => Next::Never,
    }
}
