//! A whole server session, its input in one piece and octet by octet.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use criterion::{Criterion, criterion_group, criterion_main};
use mailwire_benches::{config, dialogue, serve};

fn session(criterion: &mut Criterion) {
    let (config, dialogue) = (config(), dialogue(false));
    let mut out = BytesMut::with_capacity(1024);
    let mut group = criterion.benchmark_group("session");
    for (name, size) in [("one piece", dialogue.len()), ("octet by octet", 1)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| serve(Arc::clone(&config), black_box(&dialogue), size, &mut out));
        });
    }
    group.finish();
}

criterion_group!(benches, session);
criterion_main!(benches);
