//! The causes that there are, each with what is the matter, what would help, and by which rule.

use core::fmt;

use super::Party;

/// Makes the enum of the causes, and all about them, of one list.
macro_rules! causes {
    ($($cause:ident: $name:literal, $party:ident, $transient:literal, $text:literal, $remedy:literal, $rule:literal;)*) => {
        /// Why mail does not go.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $(#[doc = $text] $cause,)*
        }

        impl Cause {
            /// Every cause, once.
            pub const ALL: &'static [Self] = &[$(Self::$cause,)*];

            /// A stable name in snake case, for logs and machines.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$cause => $name,)* }
            }

            /// What is the matter, as a sentence.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$cause => $text,)* }
            }

            /// What would help, as a sentence.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$cause => $remedy,)* }
            }

            /// The rule behind it, usually a section of an RFC.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$cause => $rule,)* }
            }

            /// Who can do something about it.
            #[must_use]
            pub const fn party(self) -> Party {
                match self { $(Self::$cause => Party::$party,)* }
            }

            /// Whether it may pass by itself, where no reply says so or otherwise.
            #[must_use]
            pub const fn is_usually_transient(self) -> bool {
                match self { $(Self::$cause => $transient,)* }
            }
        }
    };
}

causes! {
    None: "nothing_wrong", Nobody, false,
        "Nothing is wrong.",
        "Nothing has to be done.",
        "none";

    // The connection.
    SmtpPortClosed: "smtp_port_closed", Client, false,
        "Nobody listens on port 25 there.",
        "To send as a user, set the program to port 465 with TLS or 587 with STARTTLS; between servers, look up the MX of the domain.",
        "RFC 8314 section 3.3, RFC 5321 section 5.1";
    SubmissionPortClosed: "submission_port_closed", Server, false,
        "Nobody listens on port 587 there; STARTTLS has nothing to do with it.",
        "Use port 465 with TLS from the first octet, or have the operator serve 587 (submission), which also needs a certificate.",
        "RFC 6409 section 3.1, RFC 8314 section 3.3";
    SubmissionsPortClosed: "submissions_port_closed", Server, false,
        "Nobody listens on port 465 there.",
        "Use port 587 with STARTTLS, or have the operator serve 465 (submissions), which also needs a certificate.",
        "RFC 8314 section 3.3";
    PortClosed: "port_closed", Client, false,
        "Nobody listens on that port there.",
        "Use a port of mail: 465 with TLS, 587 with STARTTLS, or 25 between servers.",
        "RFC 6409 section 3.1, RFC 8314 section 3.3";
    SmtpPortBlocked: "smtp_port_blocked", Network, false,
        "No connection to port 25 comes about: most access networks block it for their users.",
        "Send by port 465 or 587 of your provider's server, with a login; between servers, ask the network's operator to open port 25.",
        "RFC 5068 section 3.1";
    HostNotFound: "host_not_found", Client, false,
        "The name of the host has no address in the DNS.",
        "See how it is spelled, and whether this host's resolver works.",
        "RFC 5321 section 5.1";
    Unreachable: "unreachable", Network, true,
        "No connection comes about: a firewall drops it, or the host is down.",
        "See whether the host answers on another port, and what the firewalls on the way let through.",
        "RFC 5321 section 4.5.4.1";
    ClearOnTlsPort: "clear_on_tls_port", Client, false,
        "The port begins with TLS, and the client waited for a greeting in clear text.",
        "Set the program to TLS from the first octet (often called SSL/TLS), or use port 587 with STARTTLS.",
        "RFC 8314 section 3.3";
    TlsOnClearPort: "tls_on_clear_port", Client, false,
        "The port begins in clear text, and the client began with a TLS handshake.",
        "Set the program to STARTTLS, or use port 465 with TLS from the first octet.",
        "RFC 3207 section 4, RFC 8314 section 3.3";
    NoGreeting: "no_greeting", Server, true,
        "The connection is there, and no greeting comes.",
        "See in the server's log whether it is overloaded, or looks up the client's name without end; something that is no mail server may have the port.",
        "RFC 5321 section 4.5.3.2.1";
    NotSmtp: "not_smtp", Server, false,
        "What answers there does not speak SMTP.",
        "See which program has the port.",
        "RFC 5321 section 4.2";
    ConnectionLost: "connection_lost", Network, true,
        "The connection was lost.",
        "See in the server's log why it closed; something in between may have done so.",
        "RFC 5321 section 4.5.4.1";
    NoReply: "no_reply", Server, true,
        "No reply came in time.",
        "See in the server's log what it waited for, such as a look-up or a slow store.",
        "RFC 5321 section 4.5.3.2";
    MaybeDelivered: "maybe_delivered", Network, true,
        "The message was sent to its end, and whether it was taken is not known.",
        "See in the server's log before it is sent again, or it may come twice.",
        "RFC 5321 section 4.5.3.2.6, RFC 1047";

    // TLS.
    CertificateExpired: "certificate_expired", Server, false,
        "The server's certificate has expired.",
        "Have the operator renew it and load it anew; see that this host's clock is right.",
        "RFC 5280 section 4.1.2.5";
    CertificateNotYetValid: "certificate_not_yet_valid", Client, false,
        "The server's certificate is not valid yet.",
        "See that this host's clock is right.",
        "RFC 5280 section 4.1.2.5";
    CertificateWrongName: "certificate_wrong_name", Client, false,
        "The server's certificate is for other names than the one that was connected to.",
        "Connect to a name that is in it, or have the operator add this one.",
        "RFC 7817 section 3";
    CertificateSelfSigned: "certificate_self_signed", Server, false,
        "The server's certificate is signed by itself.",
        "Have the operator get one from an issuer that is known; or, if it is the right one, name it as trusted or pin it.",
        "RFC 5280 section 6";
    CertificateUnknownIssuer: "certificate_unknown_issuer", Server, false,
        "The server's certificate leads to no issuer that is trusted.",
        "Have the operator send the whole chain; or name its issuer as trusted.",
        "RFC 5280 section 6, RFC 8446 section 4.4.2";
    CertificateRevoked: "certificate_revoked", Server, false,
        "The server's certificate has been revoked.",
        "Have the operator get another one.",
        "RFC 5280 section 6.3";
    CertificateNotPinned: "certificate_not_pinned", Client, false,
        "The server's certificate is none of those that were named.",
        "If it was renewed, name the new one, or pin its key; if not, somebody is in between.",
        "local policy";
    CertificateNoTlsaMatch: "certificate_no_tlsa_match", Server, false,
        "The server's certificate is none that its TLSA records are about.",
        "The operator has to publish a record for the new certificate before it is used (RFC 7671 section 8.1).",
        "RFC 7672 section 3";
    CertificateUnusable: "certificate_unusable", Server, false,
        "The server's certificate cannot be used for a server.",
        "Have the operator get one for TLS servers, with the name in subjectAltName.",
        "RFC 5280 section 4.2.1";
    TlsNothingInCommon: "tls_nothing_in_common", Server, false,
        "Client and server have no version or cipher of TLS in common.",
        "Have the server speak TLS 1.2 or 1.3.",
        "RFC 8996 section 5, RFC 8997";
    TlsRefused: "tls_refused", Server, false,
        "The server ended the TLS handshake.",
        "See in its log why; it may have no certificate, or want one of the client's.",
        "RFC 8446 section 6.2";
    TlsFailed: "tls_failed", Network, true,
        "The TLS handshake did not come to its end.",
        "See in the server's log; something in between may have cut it.",
        "RFC 8446 section 4";
    StartTlsMissing: "starttls_missing", Server, false,
        "The server does not offer STARTTLS, and TLS is required.",
        "Have the operator configure a certificate and offer STARTTLS, or use port 465 with TLS from the first octet.",
        "RFC 3207 section 4, RFC 8314 section 3.3";
    StartTlsStripped: "starttls_stripped", Network, false,
        "STARTTLS was taken out of the server's list on the way.",
        "Use port 465 with TLS from the first octet; on the way, switch off what inspects SMTP (such as a fixup or an SMTP filter of a firewall).",
        "RFC 3207 section 6";
    StartTlsUnavailable: "starttls_unavailable", Server, true,
        "The server offers STARTTLS and cannot do it now.",
        "Have the operator see whether its certificate and key can be read.",
        "RFC 3207 section 4";
    StartTlsNotImplemented: "starttls_not_implemented", Client, false,
        "STARTTLS was sent, and the server does not offer it.",
        "Set the program to send STARTTLS only where it is offered; or have the server offer it, which needs a certificate.",
        "RFC 3207 section 4, RFC 5321 section 4.1.1.1";
    StartTlsTwice: "starttls_twice", Client, false,
        "STARTTLS was sent inside TLS.",
        "Set the program to TLS from the first octet or to STARTTLS, not to both.",
        "RFC 3207 section 4.2";

    // AUTH.
    AuthBehindTls: "auth_behind_tls", Client, false,
        "The server offers a login inside TLS alone.",
        "Set the program to STARTTLS.",
        "RFC 4954 section 4, RFC 8314 section 4.1";
    AuthNotOnSmtpPort: "auth_not_on_smtp_port", Client, false,
        "Port 25 is for other servers and offers no login.",
        "Set the program to port 465 with TLS, or 587 with STARTTLS.",
        "RFC 6409 section 3.1, RFC 8314 section 3.3";
    AuthNotOffered: "auth_not_offered", Server, false,
        "The server offers no login here.",
        "Use its submission port, 465 with TLS or 587 with STARTTLS; or have the operator switch AUTH on.",
        "RFC 4954 section 3";
    NoMechanismInCommon: "no_mechanism_in_common", Client, false,
        "Client and server have no way to log in in common.",
        "Switch another mechanism on, on either side; PLAIN inside TLS is what most have.",
        "RFC 4954 section 4";
    PasswordNotInClear: "password_not_in_clear", Client, false,
        "The password would travel in clear text, and this side does not let it.",
        "Use TLS (465, or 587 with STARTTLS); clear text can be allowed by name.",
        "RFC 8314 section 4.1";
    TlsRequired: "tls_required", Client, false,
        "The server wants TLS first.",
        "Set the program to STARTTLS, or use port 465 with TLS from the first octet.",
        "RFC 3207 section 4, RFC 4954 section 6";
    AuthenticationRequired: "authentication_required", Client, false,
        "The server wants a login first.",
        "Give the program the user name and the password of the account.",
        "RFC 6409 section 4.3, RFC 4954 section 6";
    WrongCredentials: "wrong_credentials", Account, false,
        "The server does not know this user name with this password.",
        "See whether the whole address is the user name, and type the password anew.",
        "RFC 4954 section 6";
    PasswordLoginDisabled: "password_login_disabled", Account, false,
        "The account does not take its password from mail programs.",
        "Make a password for this program in the account's settings, or have the program log in by OAuth.",
        "RFC 4954 section 6";
    MechanismTooWeak: "mechanism_too_weak", Client, false,
        "The server wants a stronger way to log in of this user.",
        "Let the program choose another mechanism, such as SCRAM.",
        "RFC 4954 section 6";
    PasswordTransition: "password_transition", Account, true,
        "The server has to see the password once before this mechanism works.",
        "Log in once with PLAIN, inside TLS.",
        "RFC 4954 section 6";
    AccountDisabled: "account_disabled", Account, false,
        "The account is disabled.",
        "Ask the operator.",
        "RFC 5248, X.7.13";
    AuthTemporary: "auth_temporary", Server, true,
        "The server cannot check logins now.",
        "Have the operator see whether what it asks for accounts answers.",
        "RFC 4954 section 6";
    LoginProxyFailed: "login_proxy_failed", Server, true,
        "A proxy took the login and could not pass it on to the server behind it.",
        "Have the operator see the log of the server behind: if it says pipelining after XCLIENT, the proxy sends EHLO before the reply to XCLIENT has come.",
        "XCLIENT is not one of the commands that RFC 2920 section 3.1 lets be followed";
    AuthLineTooLong: "auth_line_too_long", Server, false,
        "The login was too long for the server.",
        "Use a mechanism with shorter messages, or raise the server's limit, which should be 12,288 octets.",
        "RFC 4954 section 4";
    AlreadyAuthenticated: "already_authenticated", Client, false,
        "The client logged in a second time.",
        "Log in once in a connection.",
        "RFC 4954 section 4";

    // Who may send, and to whom.
    RelayNotAuthenticated: "relay_not_authenticated", Client, false,
        "You were not authenticated, and the recipient is in a foreign domain; port 25 offers no AUTH.",
        "Use port 465 with TLS, or 587 with STARTTLS, and log in.",
        "RFC 5321 section 3.6.2, RFC 6409 section 4.3";
    RelayWithoutLogin: "relay_without_login", Client, false,
        "You were not authenticated, and the recipient is in a foreign domain.",
        "Log in there, which needs TLS on most servers; if the port offers no AUTH, use 465 or 587.",
        "RFC 5321 section 3.6.2, RFC 6409 section 4.3";
    RelayLoginSkipped: "relay_login_skipped", Client, false,
        "The client has credentials and did not log in, so it was taken for a stranger.",
        "Use a port that offers AUTH: 465 with TLS, or 587 with STARTTLS; a program that goes on without the login should not.",
        "RFC 5321 section 3.6.2, RFC 6409 section 4.3";
    RelayDespiteLogin: "relay_despite_login", Server, false,
        "The client is logged in, and the server that refused does not know of it.",
        "Have the operator see whether the proxy in front passes the login on (XCLIENT with LOGIN), or whether this user may send there.",
        "RFC 5321 section 3.6.2";
    SenderNotOwned: "sender_not_owned", Account, false,
        "The account may not send in this name.",
        "Send from an address of the account, or have the operator give it the address.",
        "RFC 6409 section 6.1";
    SenderRejected: "sender_rejected", Message, false,
        "The server does not take mail from this sender.",
        "See that the domain of the sender exists and takes mail.",
        "RFC 5321 section 4.1.1.2, RFC 3463 section 3.2";
    MailboxUnknown: "mailbox_unknown", Message, false,
        "There is no such mailbox.",
        "See how the recipient's address is spelled.",
        "RFC 3463 section 3.2";
    DomainUnknown: "domain_unknown", Message, false,
        "The recipient's domain cannot be found.",
        "See how the recipient's address is spelled.",
        "RFC 3463 section 3.2";
    NoMailHere: "no_mail_here", Message, false,
        "The host or the domain takes no mail at all.",
        "See how the recipient's address is spelled.",
        "RFC 7504 sections 3 and 4, RFC 7505 section 4";
    MailboxDisabled: "mailbox_disabled", Message, false,
        "The mailbox takes no mail.",
        "Reach its owner in another way.",
        "RFC 3463 section 3.3";
    MailboxFull: "mailbox_full", Message, true,
        "The mailbox is full.",
        "Reach its owner in another way, or try later.",
        "RFC 3463 section 3.3";
    LookupFailed: "lookup_failed", Server, true,
        "The server could not look the recipient up.",
        "Have the operator see the log of what answers its look-ups; a rule for TLS or a rate limit must not apply to the hop that delivers.",
        "RFC 3463 section 3.4";
    StorageFull: "storage_full", Server, true,
        "The server has no room for mail.",
        "Have the operator make room.",
        "RFC 3463 section 3.4";
    TooManyRecipients: "too_many_recipients", Message, true,
        "The message has too many recipients for one transaction.",
        "Send it to the rest in another transaction.",
        "RFC 5321 section 4.5.3.1.10";
    MessageTooBig: "message_too_big", Message, false,
        "The message is larger than the server takes.",
        "Make it smaller, or send a link; the limit is in the server's SIZE.",
        "RFC 1870 section 6";
    SmtpUtf8Missing: "smtputf8_missing", Message, false,
        "An address is not in ASCII, and the server or the mailbox cannot take that.",
        "Send to an address in ASCII.",
        "RFC 6531 section 3.5";
    RequireTlsMissing: "require_tls_missing", Message, false,
        "The message may travel with verified TLS alone, and there is none further on.",
        "Send it without REQUIRETLS, or wait until the other side has it.",
        "RFC 8689 section 4.2.1";
    ParameterRejected: "parameter_rejected", Client, false,
        "The server does not know a parameter that was sent.",
        "Set the program to send what the server lists, and no more.",
        "RFC 5321 section 4.1.1.11";

    // Whom the server thinks it has before it.
    Greylisted: "greylisted", Nobody, true,
        "The server does not know this client yet and wants it to come again.",
        "Nothing but to try again after some minutes: mail servers do so by themselves.",
        "RFC 6647 section 2";
    BlockListed: "block_listed", Network, false,
        "The client's address is on a block list.",
        "See the list that the reply names; send by your provider's server instead of by this host.",
        "RFC 3463 section 3.8";
    AuthenticityFailed: "authenticity_failed", Message, false,
        "The sender's domain does not vouch for the message (SPF, DKIM, DMARC).",
        "Send by a server that the domain names in SPF, and sign with its DKIM key.",
        "RFC 7372 section 3";
    ReverseNameMissing: "reverse_name_missing", Network, false,
        "The client's address has no name in the DNS that leads back to it.",
        "Have the network's operator set the reverse DNS of the address.",
        "RFC 7372 section 3.3";
    RateLimited: "rate_limited", Client, true,
        "The client sends too much.",
        "Send more slowly, and try again later.",
        "RFC 3463 section 3.8";
    TooManyConnections: "too_many_connections", Client, true,
        "The client has too many connections there.",
        "Use fewer at a time.",
        "RFC 5321 section 3.8";
    ServerClosing: "server_closing", Server, true,
        "The server ends the session: it is stopping, has no time, or has had enough of this client.",
        "Try again later; its reply may say more.",
        "RFC 5321 section 3.8";
    ServiceRefused: "service_refused", Server, false,
        "The server speaks to nobody, or not to this client.",
        "See its reply, and whether it is the right host.",
        "RFC 5321 section 3.1";
    HelloRejected: "hello_rejected", Client, false,
        "The server does not like the name that the client goes by.",
        "Set the program's host name to one that exists in the DNS.",
        "RFC 5321 section 4.1.1.1";
    ContentRejected: "content_rejected", Message, false,
        "The server does not take what is in the message.",
        "See its reply; it may have found it to be spam or a virus.",
        "RFC 5321 section 4.2.5, RFC 3463 section 3.7";

    // The dialogue.
    ImproperPipelining: "improper_pipelining", Client, false,
        "The client sent a command before the reply to the one before had come.",
        "Let the program wait after EHLO, XCLIENT, STARTTLS, AUTH and DATA; a login proxy that sends EHLO behind XCLIENT in one flight is to be updated, rather than the check switched off.",
        "RFC 2920 section 3.1";
    XclientRefused: "xclient_refused", Server, false,
        "The server does not believe this proxy about its clients.",
        "Name the proxy's own address among those that may use XCLIENT.",
        "Postfix XCLIENT Howto";
    OutOfOrder: "out_of_order", Client, false,
        "The command came at the wrong time for the server.",
        "See what it refused before; the program should have stopped there.",
        "RFC 5321 section 4.1.4";
    NotImplemented: "not_implemented", Client, false,
        "The server does not know the command.",
        "Set the program to send what the server lists, and no more; something in between may have changed it.",
        "RFC 5321 section 4.2.4";

    // What has no more to say.
    Temporary: "temporary_failure", Server, true,
        "The server cannot do it now.",
        "Try again later; its reply may say more.",
        "RFC 5321 section 4.2.1";
    Permanent: "permanent_failure", Server, false,
        "The server will not do it.",
        "See its reply.",
        "RFC 5321 section 4.2.1";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}
