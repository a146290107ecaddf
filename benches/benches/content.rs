//! Receiving content, with the check for bare CR and LF, beside a plain copy of it.

#![allow(missing_docs, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mailwire_benches::content;
use mailwire_smtp_proto::body::{DataFrame, DataReader};

fn read(mut input: &[u8]) -> u64 {
    let mut reader = DataReader::new();
    while let Some((consumed, frame)) = reader.take(input) {
        input = &input[consumed..];
        match frame {
            DataFrame::Content(piece) => _ = black_box(piece),
            DataFrame::End => break,
        }
    }
    reader.content_octets()
}

fn receive(criterion: &mut Criterion) {
    for (name, dotted) in [("76-character lines", false), ("dotted lines", true)] {
        let input = content(dotted);
        let mut copy = vec![0; input.len()];
        let mut group = criterion.benchmark_group(format!("receive {name}"));
        group.throughput(Throughput::Bytes(input.len() as u64));
        group.bench_function("mailwire", |bencher| {
            bencher.iter(|| read(black_box(&input)))
        });
        group.bench_function("memcpy", |bencher| {
            bencher.iter(|| {
                copy.copy_from_slice(black_box(&input));
                black_box(&copy);
            });
        });
        group.finish();
    }
}

criterion_group!(benches, receive);
criterion_main!(benches);
