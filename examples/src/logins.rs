//! What `edge` offers to log in with.

use std::sync::Arc;

use mailwire_smtp_proto::auth::scram::{Decoy, Hash};
use mailwire_smtp_proto::auth::server::{Login, Mechanism, Plain, Scram};

use crate::users::{ITERATIONS, Password, SALT_LENGTH};

/// PLAIN and LOGIN, which everybody speaks, and SCRAM, which tells the password to nobody.
#[must_use]
pub fn mechanisms() -> Vec<Arc<dyn Mechanism>> {
    // A nonce that cannot be had is empty, and an exchange without one fails for now.
    let nonce = || random().map_or_else(String::new, |it| it.expose().to_owned());
    let secret = random().map_or_else(Vec::new, |it| it.expose().as_bytes().to_vec());
    let decoy = Decoy::new(secret).like(ITERATIONS, SALT_LENGTH);
    let [plus, plain] = Scram::pair(Hash::Sha256, nonce, decoy);
    vec![
        Arc::new(Plain),
        Arc::new(Login),
        Arc::new(plain),
        Arc::new(plus),
    ]
}

/// 100 bits of chance.
fn random() -> Option<Password> {
    Password::random().ok()
}
