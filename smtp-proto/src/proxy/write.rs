//! Writing a header.

use std::io;
use std::net::{IpAddr, SocketAddr};

use bytes::BytesMut;
use ppp::v2::{self, Builder, Command, Protocol, Type};

use super::{CERTIFICATE_NOW, IN_TLS, LIMIT, Proxied, ProxyError, Tls, take};

/// The two forms of a header. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// A line of text, which has only addresses.
    One,
    /// Octets, which have all that is known.
    Two,
}

impl Proxied {
    /// Appends the header that says this.
    ///
    /// ```
    /// use mailwire_smtp_proto::proxy::{Proxied, Version, take};
    ///
    /// let client = Proxied::of("192.0.2.7:4711".parse()?, "198.51.100.1:25".parse()?);
    /// let mut out = bytes::BytesMut::new();
    /// client.write(Version::One, &mut out)?;
    /// assert_eq!(&out[..], b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 25\r\n");
    /// out.clear();
    /// client.write(Version::Two, &mut out)?;
    /// assert_eq!(take(&out)?, Some((out.len(), client)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ProxyError::TooLong`] if it has more octets than are [taken](super::take) of one, and
    /// [`ProxyError::Malformed`] if a name in it has control characters or the unique id more than 128
    /// octets.
    pub fn write(&self, version: Version, out: &mut BytesMut) -> Result<(), ProxyError> {
        let header = match version {
            Version::One => self.text().into_bytes(),
            Version::Two => self.binary().map_err(|_| ProxyError::TooLong)?,
        };
        if header.len() > LIMIT {
            return Err(ProxyError::TooLong);
        }
        // What nobody would read is not written.
        take(&header)?;
        out.extend_from_slice(&header);
        Ok(())
    }

    fn text(&self) -> String {
        match self.of_one_family() {
            None => "PROXY UNKNOWN\r\n".to_owned(),
            Some((client, destination)) => format!(
                "PROXY {} {} {} {} {}\r\n",
                if client.is_ipv4() { "TCP4" } else { "TCP6" },
                client.ip(),
                destination.ip(),
                client.port(),
                destination.port(),
            ),
        }
    }

    fn binary(&self) -> io::Result<Vec<u8>> {
        let Some(addresses) = self.of_one_family() else {
            let nobody = v2::Addresses::Unspecified;
            let local = v2::Version::Two | Command::Local;
            return Builder::with_addresses(local, Protocol::Unspecified, nobody).build();
        };
        let proxy = v2::Version::Two | Command::Proxy;
        let mut header = Builder::with_addresses(proxy, Protocol::Stream, addresses);
        for (kind, value) in [
            (Type::ALPN, self.alpn()),
            (Type::Authority, self.authority().map(str::as_bytes)),
            (Type::UniqueId, self.unique_id()),
        ] {
            if let Some(value) = value {
                header = header.write_tlv(kind, value)?;
            }
        }
        if let Some(tls) = self.tls() {
            header = header.write_tlv(Type::SSL, &of_tls(tls)?)?;
        }
        header.build()
    }

    /// Both addresses, as IPv6 if one of them is.
    fn of_one_family(&self) -> Option<(SocketAddr, SocketAddr)> {
        let [client, destination] = [self.client()?, self.destination()?].map(canonical);
        if client.is_ipv4() == destination.is_ipv4() {
            Some((client, destination))
        } else {
            Some((mapped(client), mapped(destination)))
        }
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn mapped(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddr::from((ip, address.port()))
}

fn of_tls(tls: &Tls) -> io::Result<Vec<u8>> {
    let client = if tls.has_certificate {
        IN_TLS | CERTIFICATE_NOW
    } else {
        IN_TLS
    };
    let verified = !tls.has_certificate || tls.is_verified;
    let mut value = vec![client, 0, 0, 0, u8::from(!verified)];
    for (kind, told) in [
        (Type::SSLVersion, &tls.version),
        (Type::SSLCommonName, &tls.common_name),
        (Type::SSLCipher, &tls.cipher),
    ] {
        if let Some(told) = told {
            let length = u16::try_from(told.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
            value.push(kind.into());
            value.extend_from_slice(&length.to_be_bytes());
            value.extend_from_slice(told.as_bytes());
        }
    }
    Ok(value)
}
