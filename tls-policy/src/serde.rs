//! Configuration as serde reads and writes it: words by the names that they have everywhere, records by
//! their fields, of which those that are left out are what the role or the strict choice says.
//!
//! An unknown word or field is an error that names it and what is allowed.

use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::outbound::{self, CertificateCheck, Policy};
use crate::{AuthRule, CleartextAuth, Listener, Network, Role, Scope, TlsMode};

macro_rules! by_name {
    ($($type:ty, $expecting:literal;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;
                impl Visitor<'_> for Name {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: Error>(self, name: &str) -> Result<$type, E> {
                        crate::names::named!($type, name)
                            .map_err(|allowed| E::unknown_variant(name, allowed))
                    }
                }
                deserializer.deserialize_str(Name)
            }
        }
    )*};
}

by_name! {
    crate::Channel, "a channel";
    crate::Identity, "an identity";
    crate::RecipientClass, "a class of recipients";
    crate::Origin, "an origin";
    crate::SenderRule, "a rule for senders";
    Role, "a role";
    TlsMode, "a TLS mode";
    AuthRule, "a rule for AUTH";
    Scope, "a scope";
    CleartextAuth, "a rule for AUTH in clear text";
    CertificateCheck, "a check of certificates";
    outbound::TlsMode, "a TLS mode";
    outbound::Level, "a TLS level";
    outbound::PeerLocation, "the location of a peer";
    outbound::MechanismClass, "a class of mechanisms";
}

/// Reads what has a text form.
struct Text<T>(PhantomData<T>, &'static str);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse()
            .map_err(|error| E::custom(format_args!("{text:?}: {error}")))
    }
}

macro_rules! by_text {
    ($($type:ty, $expecting:literal;)*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData, $expecting))
            }
        }
    )*};
}

by_text! {
    Network, "an address, or a network such as 10.0.0.0/8";
}

#[cfg(feature = "rustls")]
by_text! {
    crate::tls::Fingerprint, "a fingerprint: cert: or key: and 64 hexadecimal digits";
}

/// A [`Listener`] as it is read: what is left out is what [`Listener::of`] says for the role.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenerFields {
    role: Role,
    tls: Option<TlsMode>,
    auth: Option<AuthRule>,
    scope: Option<Scope>,
    cleartext_auth: Option<CleartextAuth>,
    enabled: Option<bool>,
    enabled_by_default: Option<bool>,
}

impl<'de> Deserialize<'de> for Listener {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = ListenerFields::deserialize(deserializer)?;
        let usual = Self::of(said.role);
        Ok(Self {
            role: said.role,
            tls: said.tls.unwrap_or(usual.tls),
            auth: said.auth.unwrap_or(usual.auth),
            scope: said.scope.unwrap_or(usual.scope),
            cleartext_auth: said.cleartext_auth.unwrap_or(usual.cleartext_auth),
            enabled: said.enabled.unwrap_or(usual.enabled),
            enabled_by_default: said.enabled_by_default.unwrap_or(usual.enabled_by_default),
        })
    }
}

/// A [`Policy`] as it is read: what is left out is the strict choice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFields {
    tls: outbound::TlsMode,
    check: Option<CertificateCheck>,
    cleartext_auth: Option<CleartextAuth>,
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let said = PolicyFields::deserialize(deserializer)?;
        let usual = Self::new(said.tls);
        Ok(Self {
            tls: said.tls,
            check: said.check.unwrap_or(usual.check),
            cleartext_auth: said.cleartext_auth.unwrap_or(usual.cleartext_auth),
        })
    }
}
