//! A whole configuration: its listeners, its certificate, whom it trusts, and where it sends. What
//! contradicts itself in it is found when it is read, rather than by a user whose mail does not go.

mod contradiction;
mod upstream;

use core::fmt;

pub use contradiction::Contradiction;
pub use upstream::Upstream;

use crate::{AuthRule, Lint, Listener, Network, NotBound, Role, Severity};

/// What a program is configured to do, as far as the rules know it.
///
/// ```
/// use mailwire_tls_policy::{Configuration, Listener, Network, Placed, Role, Severity};
///
/// let proxies: [Network; 1] = ["0.0.0.0/0".parse()?];
/// let listeners = [
///     Placed::new(25, Listener::of(Role::Mx)),
///     Placed { xclient_from: &proxies, ..Placed::new(587, Listener::of(Role::Submission)) },
/// ];
/// let configuration = Configuration {
///     listeners: &listeners,
///     has_certificate: true,
///     has_accounts: true,
///     trusted: &[],
///     upstream: None,
/// };
/// let found: Vec<_> = configuration.lint().collect();
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].name(), found[0].severity()), ("trust_in_everybody", Severity::Error));
/// # Ok::<(), mailwire_tls_policy::NetworkError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'c> {
    /// The listeners.
    pub listeners: &'c [Placed<'c>],
    /// Whether there is a certificate to serve TLS with.
    pub has_certificate: bool,
    /// Whether there is anybody who could log in.
    pub has_accounts: bool,
    /// The networks whose hosts may send to anybody without a login.
    pub trusted: &'c [Network],
    /// Where mail is passed on to, if it is to one server.
    pub upstream: Option<Upstream<'c>>,
}

/// A listener and its place.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'c> {
    /// The port; 0 for one that the system chooses, and for a socket that has none.
    pub port: u16,
    /// The record, as it is asked for.
    pub listener: Listener,
    /// Who has to say by the PROXY protocol which client it speaks for.
    pub proxy_from: &'c [Network],
    /// Who may say so by XCLIENT.
    pub xclient_from: &'c [Network],
    /// Who may say by XFORWARD where a message came from.
    pub xforward_from: &'c [Network],
}

/// Something that an operator should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What is the matter.
    pub concern: Concern,
}

/// What a [`Finding`] is about. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The configuration as a whole.
    Whole,
    /// The listener in this place, from 0.
    Listener(usize),
    /// The server that mail is passed on to.
    Upstream,
}

/// What is the matter. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Concern {
    /// The record of a listener is odd by itself.
    Record(Lint),
    /// A listener is not served.
    NotServed(NotBound),
    /// Parts of the configuration contradict each other.
    Contradiction(Contradiction),
}

impl Placed<'_> {
    /// A listener that believes nobody about its clients.
    #[must_use]
    pub const fn new(port: u16, listener: Listener) -> Self {
        Self {
            port,
            listener,
            proxy_from: &[],
            xclient_from: &[],
            xforward_from: &[],
        }
    }

    /// All whose word about a client is believed.
    fn believed(&self) -> impl Iterator<Item = &Network> {
        let words = self.proxy_from.iter().chain(self.xclient_from);
        words.chain(self.xforward_from)
    }
}

impl<'c> Configuration<'c> {
    /// What is odd about it: of the listeners in their order, then of the whole, then of the upstream.
    pub fn lint(&self) -> impl Iterator<Item = Finding> + use<'c> {
        let own = *self;
        let of_listeners = own
            .listeners
            .iter()
            .enumerate()
            .flat_map(move |(place, it)| {
                let concerns = own.of_record(it).chain(own.of_place(it));
                concerns.map(move |concern| Finding {
                    subject: Subject::Listener(place),
                    concern,
                })
            });
        let of_whole = Contradiction::ALL
            .into_iter()
            .filter(move |it| own.has(*it))
            .map(|it| Finding {
                subject: Subject::Whole,
                concern: Concern::Contradiction(it),
            });
        let of_upstream = own.upstream.into_iter().flat_map(|upstream| {
            upstream.contradictions().map(|it| Finding {
                subject: Subject::Upstream,
                concern: Concern::Contradiction(it),
            })
        });
        of_listeners.chain(of_whole).chain(of_upstream)
    }

    /// Of a listener as it is served, or why it is not.
    fn of_record(&self, placed: &Placed<'_>) -> impl Iterator<Item = Concern> + use<> {
        let served = placed.listener.served(self.has_certificate);
        // What is switched off does no harm.
        let served = placed.listener.enabled.then_some(served);
        let not_served = served.and_then(Result::err).map(Concern::NotServed);
        let lints = served.and_then(Result::ok).map(|it| it.lint());
        not_served
            .into_iter()
            .chain(lints.into_iter().flatten().map(Concern::Record))
    }

    /// Of a listener where it is.
    fn of_place(&self, placed: &'c Placed<'c>) -> impl Iterator<Item = Concern> + use<'c> {
        let own = *self;
        let is_on = placed.listener.enabled;
        Contradiction::ALL
            .into_iter()
            .filter(move |it| is_on && own.has_at(*it, placed))
            .map(Concern::Contradiction)
    }

    fn has_at(&self, contradiction: Contradiction, placed: &Placed<'_>) -> bool {
        let Placed { port, listener, .. } = *placed;
        let expected = Role::of_port(port);
        match contradiction {
            Contradiction::LmtpOnSmtpPort => {
                listener.role == Role::Lmtp && expected == Some(Role::Mx)
            }
            Contradiction::PortOfAnotherRole => {
                expected.is_some_and(|it| it != listener.role)
                    && !self.has_at(Contradiction::LmtpOnSmtpPort, placed)
            }
            Contradiction::AuthOnPort25 => {
                // Of an MX its record says so.
                port == 25 && listener.role != Role::Mx && listener.auth != AuthRule::Never
            }
            Contradiction::TrustInEverybody => placed.believed().any(|it| it.is_everybody()),
            Contradiction::TrustInPublicNetwork => placed
                .believed()
                .any(|it| !it.is_private() && !it.is_everybody()),
            Contradiction::ProxyInTrustedNetwork => placed
                .proxy_from
                .iter()
                .chain(placed.xclient_from)
                .any(|it| self.trusted.iter().any(|trusted| trusted.overlaps(*it))),
            _ => false,
        }
    }

    fn has(&self, contradiction: Contradiction) -> bool {
        let is_served = |it: &Placed<'_>| {
            it.listener.enabled && it.listener.served(self.has_certificate).is_ok()
        };
        let takes_logins =
            |it: &Placed<'_>| it.listener.enabled && it.listener.auth != AuthRule::Never;
        match contradiction {
            Contradiction::NothingServed => !self.listeners.iter().any(is_served),
            Contradiction::NobodyCanLogIn => {
                !self.has_accounts && self.listeners.iter().any(takes_logins)
            }
            Contradiction::RelayForEverybody => self.trusted.iter().any(|it| it.is_everybody()),
            Contradiction::RelayForPublicNetwork => self
                .trusted
                .iter()
                .any(|it| !it.is_private() && !it.is_everybody()),
            _ => false,
        }
    }
}

impl Concern {
    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record(it) => it.name(),
            Self::NotServed(it) => it.name(),
            Self::Contradiction(it) => it.name(),
        }
    }

    /// How much it matters. A listener that is not served is a warning: the others are.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Record(it) => it.severity(),
            Self::NotServed(_) => Severity::Warning,
            Self::Contradiction(it) => it.severity(),
        }
    }

    /// What is the matter, as a sentence for the operator.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Record(it) => it.text(),
            Self::NotServed(it) => it.text(),
            Self::Contradiction(it) => it.text(),
        }
    }

    /// What would resolve it, as a sentence for the operator.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Record(it) => it.remedy(),
            Self::NotServed(it) => it.remedy(),
            Self::Contradiction(it) => it.remedy(),
        }
    }
}

impl Finding {
    /// A stable name in snake case, for logs and machines.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.concern.name()
    }

    /// How much it matters.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.concern.severity()
    }
}

/// What is the matter, and what would resolve it.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.concern.text(), self.concern.remedy())
    }
}
