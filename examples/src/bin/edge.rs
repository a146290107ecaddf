//! A mail edge: receives mail, takes submissions, delivers to Maildirs.

#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use mailwire_examples::banner::{Bound, banner};
use mailwire_examples::certificate::server_config;
use mailwire_examples::check::check;
use mailwire_examples::config::{Deliver, RelaySettings, Settings};
use mailwire_examples::edge_args::EdgeArgs;
use mailwire_examples::explain::explain;
use mailwire_examples::mail::Edge;
use mailwire_examples::relay::Relay;
use mailwire_examples::serve::{BoundListener, GRACE};
use mailwire_examples::session::Stop;
use mailwire_smtp_proto::dialect::Dialect;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{Level, info};

/// So long before the end of the grace period clients are told that there is no more of it.
const LAST_WORD: Duration = Duration::from_secs(1);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let args = EdgeArgs::parse();
    let settings = match Settings::load(args.config.as_deref()) {
        Ok(settings) => settings,
        // Whoever asks is told; whoever wants to start learns why not.
        Err(error) if args.check => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if args.check || args.explain.is_some() {
        return answer(&args, &settings);
    }
    for advice in &settings.advice {
        eprintln!("{advice}");
    }
    if settings.has_errors() {
        return ExitCode::FAILURE;
    }
    // A connection is a file: as many as the system lets it have, without being asked. With fewer it serves fewer.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let level = if args.verbose {
        Level::DEBUG
    } else {
        Level::INFO
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        // In a file, colours would be in the way of whoever searches it.
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(settings, args.verbose) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers what was asked about a configuration.
fn answer(args: &EdgeArgs, settings: &Settings) -> ExitCode {
    let mut exit_code = 0;
    if args.check {
        let check = check(settings);
        print!("{}", check.text);
        exit_code = check.exit_code();
    }
    if let Some(port) = args.explain {
        print!("{}", explain(settings, port));
    }
    ExitCode::from(exit_code)
}

#[tokio::main]
async fn run(settings: Settings, verbose: bool) -> Result<(), Failure> {
    let tls = server_config(&settings.certificate, &settings.hostname)?;
    // Before anybody is told that the server is there, since from then on it may be stopped.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );

    let (mut listeners, mut bound) = (Vec::new(), Vec::new());
    for asked in &settings.listeners {
        let listener = match asked.served {
            Ok(listener) => listener,
            // The advice has told why.
            Err(_) => continue,
        };
        let served = BoundListener::bind(asked.address, listener, asked.believed.clone())
            .await
            .map_err(|error| {
                format!(
                    "{} cannot listen at {}: {error}",
                    listener.role, asked.address
                )
            })?;
        bound.push(Bound {
            address: served.address()?,
            listener,
        });
        listeners.push(served);
    }
    let banner = banner(&settings, &bound);
    let next = |dialect, server: Option<&RelaySettings>| {
        let server = server.cloned();
        let server = server.map(|it| Relay::new(dialect, it, &settings.hostname, verbose));
        server.transpose().map(|it| it.map(Arc::new))
    };
    let relay = next(Dialect::Smtp, settings.relay.as_ref())?;
    let lmtp = match &settings.deliver {
        Deliver::Lmtp(server) => next(Dialect::Lmtp, Some(server))?,
        Deliver::Maildir(_) | Deliver::Discard => None,
    };
    let edge = Arc::new(Edge {
        relay,
        lmtp,
        settings,
        tls,
        verbose,
        accepted: AtomicU64::new(0),
    });

    let stop = Stop::default();
    let mut serving = JoinSet::new();
    for listener in listeners {
        serving.spawn(listener.serve(Arc::clone(&edge), stop.clone()));
    }
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(banner.as_bytes())?;
    stdout.flush()?;
    drop(stdout);

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        // A listener ends before it is told to only when it cannot serve at all.
        Some(ended) = serving.join_next() => ended??,
    }
    stop.soon.cancel();
    tokio::spawn(async move {
        sleep(GRACE - LAST_WORD).await;
        stop.now.cancel();
    });
    while let Some(ended) = serving.join_next().await {
        ended??;
    }
    let next = [edge.relay.clone(), edge.lmtp.clone()];
    let leave = next.into_iter().flatten();
    let leave = leave.map(|it| async move { it.close().await });
    leave.collect::<JoinSet<()>>().join_all().await;
    info!(messages = edge.accepted.load(Ordering::Relaxed), "stopped");
    Ok(())
}
