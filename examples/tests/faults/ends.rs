//! It is killed, or told to stop, under load.

use std::time::Duration;

use super::common::Edge;
use super::load::{Load, is_all_there};

#[test]
fn killed_twenty_times() {
    let mut edge = Edge::start("tls = false");
    let mut all = Vec::new();
    for round in 0..20 {
        let load = Load::begin(edge.port("mx"), 8);
        load.wait_for(20 + round);
        edge.kill();
        all.extend(load.end().into_iter().map(|id| format!("{round}:{id}")));
        // Messages of one round cannot be told from those of another, so they are looked at now.
        let ids: Vec<String> = all
            .iter()
            .filter_map(|id| id.strip_prefix(&format!("{round}:")))
            .map(str::to_owned)
            .collect();
        is_all_there(&edge, &ids);
        edge.clear();
        edge = edge.again();
    }
    assert!(all.len() >= 400, "{}", all.len());
}

#[test]
fn told_to_stop_it_loses_no_transaction() {
    for _ in 0..3 {
        let mut edge = Edge::start("tls = false");
        let load = Load::begin(edge.port("mx"), 8);
        load.wait_for(50);
        edge.terminate();
        // Within the grace period, and by itself.
        let status = edge.wait(Duration::from_secs(10));
        assert!(status.success(), "{status}");
        let accepted = load.end();
        is_all_there(&edge, &accepted);
        // A client that is in the middle of nothing is told, one in a transaction ends it: so nothing is
        // there that was not answered.
        assert_eq!(edge.files().len(), accepted.len());
    }
}
