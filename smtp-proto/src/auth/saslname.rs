//! `saslname`: a name between commas (RFC 5801 section 4).

use super::AuthFault;

/// A name as it is spelled: `=` and `,` escaped.
pub(super) fn escaped(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// The name that is spelled so.
pub(super) fn decoded(spelled: &str) -> Result<String, AuthFault> {
    let mut name = String::with_capacity(spelled.len());
    let mut parts = spelled.split('=');
    name.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (decoded, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(AuthFault::Malformed),
        };
        name.push(decoded);
        name.push_str(rest);
    }
    if name.is_empty() {
        return Err(AuthFault::Empty);
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_spelled_and_read() {
        for name in ["user", "a,b", "a=b", "=2C", ",,==", "\u{e4}"] {
            let spelled = escaped(name);
            assert!(!spelled.contains(','), "{spelled}");
            assert_eq!(decoded(&spelled).as_deref(), Ok(name));
        }
        for spelled in ["=", "a=", "=2c", "=2D", "=3", "a=b"] {
            assert_eq!(decoded(spelled), Err(AuthFault::Malformed), "{spelled}");
        }
        assert_eq!(decoded(""), Err(AuthFault::Empty));
    }
}
