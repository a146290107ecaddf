//! Headers of the PROXY protocol.

use bytes::BytesMut;
use mailwire_smtp_proto::proxy::{Version, missing, take};

/// What is decided stays decided, however much more comes; nothing behind a header is asked for; and
/// what was read is written so that it is read again.
///
/// # Panics
///
/// When they are not.
pub fn proxy(data: &[u8]) {
    let whole = take(data);
    let mut decided = None;
    for end in 0..=data.len() {
        let start = &data[..end];
        match take(start) {
            Ok(None) => {
                assert_eq!(decided, None, "it was decided");
                if let Ok(Some((length, _))) = &whole {
                    assert!((1..=length - end).contains(&missing(start)));
                }
            }
            now => {
                assert_eq!(decided.get_or_insert_with(|| now.clone()), &now);
            }
        }
    }
    let Ok(Some((length, proxied))) = whole else {
        return;
    };
    assert!(length <= data.len());
    for version in [Version::One, Version::Two] {
        let mut out = BytesMut::new();
        if proxied.write(version, &mut out).is_err() {
            continue;
        }
        let Ok(Some((length, read))) = take(&out) else {
            panic!("what was written is no header");
        };
        assert_eq!(length, out.len());
        assert_eq!(read.client().is_some(), proxied.client().is_some());
        if version == Version::Two && proxied.client().is_some() {
            assert_eq!(read.authority(), proxied.authority());
            assert_eq!(read.unique_id(), proxied.unique_id());
            assert_eq!(read.tls(), proxied.tls());
        }
    }
}
