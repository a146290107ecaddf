//! Parsing command lines, with full validation of addresses and parameters, beside peers.

#![allow(missing_docs, clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mailwire_benches::COMMANDS;
use mailwire_smtp_proto::command::Command;

fn commands(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("command");
    group.throughput(Throughput::Elements(COMMANDS.len() as u64));
    group.bench_function("mailwire", |bencher| {
        bencher.iter(|| {
            for line in COMMANDS {
                let _ = black_box(Command::parse(black_box(line.as_bytes())).expect("a command"));
            }
        });
    });
    let lines: Vec<String> = COMMANDS.iter().map(|line| format!("{line}\r\n")).collect();
    group.bench_function("stalwart smtp-proto", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                let mut octets = black_box(line.as_bytes()).iter();
                let request = stalwart_smtp_proto::Request::parse(&mut octets);
                let _ = black_box(request.expect("a command"));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, commands);
criterion_main!(benches);
