//! AUTH: with the credentials that were given, or not at all.

use mailwire_smtp_proto::auth::client::Candidates;
use mailwire_smtp_proto::auth::scram::ChannelBinding;
use mailwire_smtp_proto::client::NoMechanism;
use mailwire_smtp_proto::ehlo::Capabilities;

use super::Sending;
use super::failure::Failure;

/// What to log in with.
///
/// # Errors
///
/// The credentials are none that the mechanism could say.
pub(super) fn candidates(
    sending: &Sending<'_>,
    offered: &Capabilities,
    channel: Option<&ChannelBinding>,
) -> Result<Candidates, Failure> {
    // Without credentials there is no login in the plan, and nobody asks.
    let Some(credentials) = &sending.prepared.credentials else {
        return Ok(Candidates::new());
    };
    let wanted = sending.plan.mechanism.as_deref();
    crate::candidates::candidates(wanted, credentials, offered, channel).map_err(|fault| {
        let remedy = format!("--user and --password cannot be sent so: {fault}.");
        Failure::local("credentials_invalid", remedy)
    })
}

/// No mechanism is offered, allowed and given at the same time.
pub(super) fn no_usable_mechanism(sets: &NoMechanism) -> Failure {
    if let Some(refusal) = sets.refusal {
        return refusal.into();
    }
    let list = |names: &[mailwire_smtp_proto::auth::MechanismNameBuf]| {
        let names: Vec<&str> = names.iter().map(|it| it.borrow().as_str()).collect();
        names.join(", ")
    };
    let own = list(&sets.allowed);
    let remedy = if sets.offered.is_empty() {
        format!(
            "The server offers no AUTH here (this program would take {own}). Use its submission \
             port: 465 with --tls implicit, or 587 with --tls starttls; port 25 offers no login."
        )
    } else {
        format!(
            "The server offers {}; this program would take {own}, and was given {}. Switch one of \
             these on at the server, or name another by --mechanism.",
            list(&sets.offered),
            list(&sets.configured)
        )
    };
    Failure::local("no_usable_mechanism", remedy)
}
