//! What the command line names, checked before anything is connected to.

use std::sync::Arc;

use mailwire_smtp_proto::auth::PlainCredentials;
use mailwire_smtp_proto::charset::Charset;
use mailwire_smtp_proto::command::{MailBuf, RcptBuf};
use mailwire_smtp_proto::delivery::{self, Chunking, Message};
use mailwire_smtp_proto::host::HelloNameBuf;
use mailwire_smtp_proto::params::{MailParameters, RcptParameters};
use mailwire_smtp_proto::path::{ForwardPath, ForwardPathBuf, ReversePath, ReversePathBuf};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;

use crate::client_tls::{ClientTlsError, client_config, server_name};
use crate::send_args::{Plan, PlanError, without_brackets};

/// A message with everything that its delivery takes, in the types of the wire.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) sender: ReversePathBuf,
    pub(super) recipients: Vec<ForwardPathBuf>,
    pub(super) content: &'a [u8],
    /// `None` for the address literal of this end.
    pub(super) hello: Option<HelloNameBuf>,
    pub(super) credentials: Option<PlainCredentials>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) server_name: ServerName<'static>,
}

impl<'a> Prepared<'a> {
    /// # Errors
    ///
    /// Something that the command line names is not what it should be.
    pub(super) fn new(plan: &Plan, message: &'a [u8]) -> Result<Self, PlanError> {
        // What it takes to send an address outside of ASCII is asked of the server.
        let path = |address: &str| format!("<{}>", without_brackets(address));
        let sender = ReversePath::parse_in(Charset::Utf8, &path(&plan.sender))
            .map(|it| it.to_owned())
            .map_err(|error| wrong("address_invalid", "--from", &plan.sender, error))?;
        let recipients = plan
            .recipients
            .iter()
            .map(|address| {
                ForwardPath::parse_in(Charset::Utf8, &path(address))
                    .map(|it| it.to_owned())
                    .map_err(|error| wrong("address_invalid", "--rcpt", address, error))
            })
            .collect::<Result<_, _>>()?;
        let hello = plan
            .hello
            .as_deref()
            .map(|name| {
                name.parse()
                    .map_err(|error| wrong("helo_invalid", "--helo", name, error))
            })
            .transpose()?;
        let credentials = plan
            .credentials
            .as_ref()
            .map(|it| PlainCredentials::new(it.user.as_str(), it.password.expose()))
            .transpose()
            // Neither of the two is shown: one of them is a secret.
            .map_err(|error| PlanError {
                reason: "credentials_invalid",
                remedy: format!("--user and --password cannot be sent: {error}.").into(),
            })?;
        Ok(Self {
            sender,
            recipients,
            content: message,
            hello,
            credentials,
            tls: client_config(plan.policy.check, plan.ca.as_deref()).map_err(tls)?,
            server_name: server_name(&plan.server_name).map_err(tls)?,
        })
    }

    /// The whole of it, from whoever has this name.
    pub(super) fn plan(&self, plan: &Plan, hello: HelloNameBuf) -> delivery::Plan {
        let mail = MailBuf {
            reverse_path: self.sender.clone(),
            parameters: MailParameters::default().to_owned(),
        };
        let recipients = self.recipients.iter().map(|path| RcptBuf {
            forward_path: path.clone(),
            parameters: RcptParameters::default().to_owned(),
        });
        let message = Message::of(self.content);
        let mut whole = delivery::Plan::new(hello, mail, recipients.collect(), message);
        whole.login = self.credentials.is_some();
        whole.xclient = plan.xclient.clone();
        whole.pipelining = plan.pipelining;
        if plan.chunking {
            whole.chunking = Chunking::WhereOffered;
        }
        whole
    }
}

fn wrong(
    reason: &'static str,
    option: &str,
    value: &str,
    error: impl std::fmt::Display,
) -> PlanError {
    PlanError {
        reason,
        remedy: format!("{option} {value:?} cannot be sent: {error}.").into(),
    }
}

fn tls(error: ClientTlsError) -> PlanError {
    let option = match &error {
        ClientTlsError::Roots { .. } | ClientTlsError::Root { .. } => "--ca: ",
        ClientTlsError::ServerName(_) => "Give --servername: ",
        _ => "",
    };
    PlanError {
        reason: error.name(),
        remedy: format!("{option}{error}.").into(),
    }
}
