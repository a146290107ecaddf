//! What a client may do: when it starts TLS, and what it authenticates over.
//!
//! Three inputs, independent of one another: how TLS begins ([`TlsMode`]), how its certificate is
//! checked ([`CertificateCheck`]), and whether a secret may travel without it
//! ([`CleartextAuth`](crate::CleartextAuth)). Skipping the check never allows the secret.
//!
//! What a server advertises can forbid something, and never permits it. A refusal from here is
//! local: it never came from a server, has no reply code, and must not be shown as one.

mod authenticate;
mod dane;
mod established;
mod level;
mod mode;
mod next;
mod peer;
mod refusal;
mod step;
mod sts;
mod tlsrpt;

pub use authenticate::{MechanismClass, authenticate};
pub use dane::{Dane, DaneChecks, TlsaAnswer, TlsaRecord};
pub use established::Established;
pub use level::{Anchor, Demand, Demanded, Level, MessageTls, Sts, Withheld, demand};
pub use mode::{CertificateCheck, Policy, TlsMode};
pub use next::{Login, MechanismClasses, Next, Offered, Tried, next};
pub use peer::PeerLocation;
pub use refusal::Refusal;
pub use step::{Step, start_tls};
pub use sts::{StsError, StsMode, StsPolicy, StsRecord};
pub use tlsrpt::{PolicyType, ResultType, StsFetchError};
