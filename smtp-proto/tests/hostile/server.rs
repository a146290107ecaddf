//! A server that follows the protocol but where its case says otherwise.

use std::collections::HashMap;

/// What a server says at a step, one after the other.
#[derive(Clone, Debug)]
enum Say {
    Octets(Vec<u8>),
    /// It closes the connection.
    Close,
    /// Lines of a reply without end.
    Flood,
    /// The same, one octet a minute.
    Drip,
    /// Nothing, now and for ever.
    Silence,
}

/// Where the server is in what the client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Commands,
    Response,
    Content,
    Chunk { left: usize, last: bool },
}

pub(crate) struct Server {
    steps: HashMap<String, Vec<Say>>,
    counts: HashMap<String, usize>,
    lmtp: bool,
    reading: Reading,
    input: Vec<u8>,
    /// Accepted recipients of the transaction.
    accepted: usize,
    is_tls: bool,
    pub(crate) output: Vec<u8>,
    pub(crate) is_closed: bool,
    pub(crate) is_flooding: bool,
    pub(crate) is_dripping: bool,
    is_silent: bool,
    /// The whole end of the content was read, and then 2yz was said.
    pub(crate) may_be_delivered: bool,
    /// Everything that the client said in clear.
    pub(crate) clear: Vec<u8>,
    /// What was wrong with the client.
    pub(crate) complaints: Vec<String>,
    content_began: bool,
}

impl Server {
    /// `steps`: `STEP=what it says ; STEP=...`, where what it says has `|` between its lines.
    pub(crate) fn new(steps: &str, lmtp: bool, is_tls: bool) -> Self {
        let mut server = Self {
            steps: steps
                .split(" ; ")
                .filter(|it| !it.trim().is_empty())
                .map(|it| {
                    let (step, says) = it.trim().split_once('=').expect("STEP=what");
                    (step.to_owned(), says_of(says))
                })
                .collect(),
            counts: HashMap::new(),
            lmtp,
            reading: Reading::Commands,
            input: Vec::new(),
            accepted: 0,
            is_tls,
            output: Vec::new(),
            is_closed: false,
            is_flooding: false,
            is_dripping: false,
            is_silent: false,
            may_be_delivered: false,
            clear: Vec::new(),
            complaints: Vec::new(),
            content_began: false,
        };
        server.step("GREETING", "220 mx.example.test ready");
        server
    }

    /// After the handshake.
    pub(crate) fn begin_tls(&mut self) {
        self.is_tls = true;
        self.input.clear();
    }

    /// The client says something.
    pub(crate) fn hear(&mut self, octets: &[u8]) {
        if !self.is_tls {
            self.clear.extend_from_slice(octets);
        }
        self.input.extend_from_slice(octets);
        while !self.is_over() && self.hear_one() {}
    }

    /// Nothing of what is usual is said any more.
    const fn is_over(&self) -> bool {
        self.is_closed || self.is_flooding || self.is_dripping || self.is_silent
    }

    fn hear_one(&mut self) -> bool {
        if let Reading::Chunk { left, last } = self.reading {
            let taken = left.min(self.input.len());
            self.input.drain(..taken);
            if taken < left {
                self.reading = Reading::Chunk {
                    left: left - taken,
                    last,
                };
                return false;
            }
            self.reading = Reading::Commands;
            self.chunk(last);
            return true;
        }
        if self.reading == Reading::Content {
            return self.hear_content();
        }
        let Some(end) = self.input.windows(2).position(|two| two == b"\r\n") else {
            return false;
        };
        let line: Vec<u8> = self.input.drain(..end + 2).collect();
        let line = String::from_utf8_lossy(&line[..end]).into_owned();
        if line.contains(['\r', '\n']) {
            self.complaints.push(format!("a lone CR or LF in {line:?}"));
        }
        if self.reading == Reading::Response {
            self.reading = Reading::Commands;
            self.auth("RESPONSE", &line);
            return true;
        }
        self.command(&line);
        true
    }

    fn hear_content(&mut self) -> bool {
        if !self.content_began && !self.input.is_empty() {
            self.content_began = true;
            self.step("CONTENT", "");
            if self.is_over() {
                return false;
            }
        }
        let end = if self.input.starts_with(b".\r\n") {
            Some(3)
        } else {
            let end = self.input.windows(5).position(|it| it == b"\r\n.\r\n");
            end.map(|at| at + 5)
        };
        let Some(end) = end else { return false };
        self.input.drain(..end);
        self.reading = Reading::Commands;
        self.sync("the end of the content");
        self.verdicts("END");
        true
    }

    fn verdicts(&mut self, step: &str) {
        let count = if self.lmtp { self.accepted.max(1) } else { 1 };
        let usual = vec!["250 2.0.0 taken"; count].join("|");
        let said = self.step(step, &usual);
        self.may_be_delivered |= said.lines().any(|it| it.starts_with('2'));
        self.accepted = 0;
    }

    fn chunk(&mut self, last: bool) {
        if last {
            self.sync("BDAT LAST");
            self.verdicts("LAST");
        } else {
            self.step("BDAT", "250 chunk");
        }
    }

    fn command(&mut self, line: &str) {
        let verb = line.split(' ').next().unwrap_or_default().to_owned();
        match verb.as_str() {
            "EHLO" | "LHLO" => {
                self.sync(&verb);
                let (step, usual) = if self.is_tls {
                    (
                        "EHLO2",
                        "250-mx|250-PIPELINING|250-8BITMIME|250-SIZE 100000|250 AUTH PLAIN LOGIN",
                    )
                } else {
                    (
                        "EHLO",
                        "250-mx|250-PIPELINING|250-8BITMIME|250-SIZE 100000|250-STARTTLS|250 AUTH PLAIN LOGIN",
                    )
                };
                self.step(step, usual);
            }
            "HELO" => {
                self.sync(&verb);
                self.step("HELO", "250 mx");
            }
            "STARTTLS" => {
                self.sync(&verb);
                self.step("STARTTLS", "220 go");
            }
            "XCLIENT" => {
                self.sync(&verb);
                self.step("XCLIENT", "220 mx again");
            }
            "AUTH" => self.auth("AUTH", line),
            "MAIL" => {
                self.accepted = 0;
                self.step("MAIL", "250 ok");
            }
            "RCPT" => {
                let said = self.step("RCPT", "250 ok");
                self.accepted += usize::from(said.starts_with('2'));
            }
            "DATA" => {
                self.sync(&verb);
                let usual = if self.accepted > 0 {
                    "354 go"
                } else {
                    "503 nobody"
                };
                if self.step("DATA", usual).starts_with("354") {
                    self.reading = Reading::Content;
                    self.content_began = false;
                }
            }
            "BDAT" => {
                let mut words = line.split(' ').skip(1);
                let left = words.next().and_then(|it| it.parse().ok()).unwrap_or(0);
                let last = words.next() == Some("LAST");
                self.reading = Reading::Chunk { left, last };
            }
            "RSET" => {
                self.step("RSET", "250 ok");
            }
            "QUIT" => {
                self.sync(&verb);
                self.step("QUIT", "221 bye|!close");
            }
            other => self.complaints.push(format!("unknown command {other:?}")),
        }
    }

    fn auth(&mut self, step: &str, line: &str) {
        self.sync(step);
        let usual = match line {
            "*" => "501 cancelled",
            // Asked for: the user, the password.
            "AUTH LOGIN" => "334 VXNlcm5hbWU6",
            "AUTH PLAIN" => "334 ",
            // The user, which a password follows.
            "dGlt" => "334 UGFzc3dvcmQ6",
            _ => "235 2.7.0 welcome",
        };
        if self.step(step, usual).starts_with("334") {
            self.reading = Reading::Response;
        }
    }

    /// Behind these nothing may come before the reply.
    fn sync(&mut self, what: &str) {
        if !self.input.is_empty() {
            let ahead = self.input.escape_ascii().to_string();
            self.complaints
                .push(format!("{ahead:?} came ahead of the reply to {what}"));
        }
    }

    /// Says what the case has for the step, by its number if it has one for it, or what is usual. Gives
    /// the text that was said.
    fn step(&mut self, step: &str, usual: &str) -> String {
        let count = self.counts.entry(step.to_owned()).or_default();
        *count += 1;
        let numbered = format!("{step}#{count}");
        let says = self
            .steps
            .get(&numbered)
            .or_else(|| self.steps.get(step))
            .cloned()
            .unwrap_or_else(|| says_of(usual));
        let from = self.output.len();
        for say in says {
            match say {
                Say::Octets(octets) => self.output.extend_from_slice(&octets),
                Say::Close => self.is_closed = true,
                Say::Flood => self.is_flooding = true,
                Say::Drip => self.is_dripping = true,
                Say::Silence => self.is_silent = true,
            }
        }
        String::from_utf8_lossy(self.output.get(from..).unwrap_or_default()).into_owned()
    }
}

/// `|` ends a line; `!silent`, `!close`, `!flood`, `!drip`, `!long` are what they say; `!raw ` has no
/// line end of its own, and knows `\r`, `\n`, `\0` and `\xHH`.
fn says_of(text: &str) -> Vec<Say> {
    text.split('|')
        .filter(|_| !text.is_empty())
        .map(|it| match it {
            "!silent" => Say::Silence,
            "!close" => Say::Close,
            "!flood" => Say::Flood,
            "!drip" => Say::Drip,
            "!long" => {
                Say::Octets([b"250 ".to_vec(), vec![b'x'; 100_000], b"\r\n".to_vec()].concat())
            }
            line => match line.strip_prefix("!raw ") {
                Some(raw) => Say::Octets(unescape(raw)),
                None => Say::Octets([line.as_bytes(), b"\r\n"].concat()),
            },
        })
        .collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            octets.extend_from_slice(character.to_string().as_bytes());
            continue;
        }
        match characters.next() {
            Some('r') => octets.push(b'\r'),
            Some('n') => octets.push(b'\n'),
            Some('0') => octets.push(0),
            Some('x') => {
                let digits: String = characters.by_ref().take(2).collect();
                octets.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
            }
            other => panic!("unknown escape {other:?}"),
        }
    }
    octets
}
