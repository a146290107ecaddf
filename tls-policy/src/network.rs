//! A network of addresses, as configuration names those it trusts.

use core::error::Error;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// A network, such as `192.0.2.0/24`, or one address.
///
/// This is small enough to stand here, where nothing is depended on. An IPv4 address that is mapped into
/// IPv6, which is how a socket for both families shows it, counts as what it is.
///
/// ```
/// use mailwire_tls_policy::Network;
///
/// let network: Network = "10.0.0.0/8".parse()?;
/// assert!(network.contains("10.1.2.3".parse().unwrap()));
/// assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
/// let one: Network = "2001:db8::1".parse()?;
/// assert_eq!(one.to_string(), "2001:db8::1");
/// # Ok::<(), mailwire_tls_policy::NetworkError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The first address of it.
    address: IpAddr,
    /// How many bits, from the left, are the same for all of it.
    prefix: u8,
}

/// Why a text is no network. The caller has the text. Total on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkError {
    /// What is in front of the stroke is no address.
    Address,
    /// What is behind the stroke is no number of bits that such an address has.
    Prefix,
    /// The address has bits behind the prefix: it is unclear whether one host is meant or all.
    HostBits,
}

impl Network {
    /// The addresses that are not reached from the Internet: of this host, of private networks and of a
    /// link (RFC 1122, 1918, 3927, 4193, 4291, 6598).
    const PRIVATE: [Self; 9] = [
        Self::v4([127, 0, 0, 0], 8),
        Self::v4([10, 0, 0, 0], 8),
        Self::v4([172, 16, 0, 0], 12),
        Self::v4([192, 168, 0, 0], 16),
        Self::v4([169, 254, 0, 0], 16),
        Self::v4([100, 64, 0, 0], 10),
        Self::v6(1, 128),
        Self::v6(0xFC << 120, 7),
        Self::v6(0xFE80 << 112, 10),
    ];

    const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            prefix,
        }
    }

    const fn v6(bits: u128, prefix: u8) -> Self {
        Self {
            address: IpAddr::V6(Ipv6Addr::from_bits(bits)),
            prefix,
        }
    }

    /// The network of an address and a number of bits.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Prefix`] and [`NetworkError::HostBits`].
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, NetworkError> {
        let (address, prefix) = match (address, address.to_canonical()) {
            // A prefix within the 96 bits of the mapping is of more than IPv4.
            (IpAddr::V6(_), IpAddr::V4(mapped)) if prefix >= 96 => {
                (IpAddr::V4(mapped), prefix.saturating_sub(96))
            }
            _ => (address, prefix),
        };
        let network = Self { address, prefix };
        if u32::from(prefix) > width(address) {
            return Err(NetworkError::Prefix);
        }
        match bits(address) & !network.mask() {
            0 => Ok(network),
            _ => Err(NetworkError::HostBits),
        }
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && bits(address) & self.mask() == bits(self.address)
    }

    /// Whether every address of the other one is in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// Whether there is an address that is in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Whether every address of its kind is in it.
    #[must_use]
    pub const fn is_everybody(self) -> bool {
        self.prefix == 0
    }

    /// Whether nobody on the Internet has an address of it.
    #[must_use]
    pub fn is_private(self) -> bool {
        Self::PRIVATE.iter().any(|it| it.covers(self))
    }

    fn mask(self) -> u128 {
        let host = width(self.address).saturating_sub(u32::from(self.prefix));
        u128::MAX.checked_shl(host).unwrap_or(0)
    }
}

const fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let address = address.to_canonical();
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self { address, prefix }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(token: &str) -> Result<Self, NetworkError> {
        let address = |text: &str| text.parse::<IpAddr>().map_err(|_| NetworkError::Address);
        match token.split_once('/') {
            None => address(token).map(Self::from),
            Some((first, prefix)) => {
                let is_number =
                    (1..=3).contains(&prefix.len()) && prefix.bytes().all(|it| it.is_ascii_digit());
                let number = prefix.parse().ok().filter(|_| is_number);
                Self::new(address(first)?, number.ok_or(NetworkError::Prefix)?)
            }
        }
    }
}

/// As it is read: without a prefix if it is one address.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if u32::from(self.prefix) == width(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Address => "no IP address: a network is one, or one with / and a number of bits",
            Self::Prefix => {
                "no number of bits: 0 to 32 behind an IPv4 address, 0 to 128 behind IPv6"
            }
            Self::HostBits => {
                "the address has bits behind the prefix: name the network's first address, or one \
                 address without a prefix"
            }
        })
    }
}

impl Error for NetworkError {}
