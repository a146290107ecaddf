//! A simulated wire: segments of any size, any delay, and faults.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// One direction of the wire.
pub(crate) struct Lane {
    /// What is under way, and when it is there.
    segments: VecDeque<(Instant, Vec<u8>)>,
    segment: usize,
    pub(crate) delay: Duration,
    /// What went in so far.
    octets: usize,
    fault: Option<Fault>,
    /// Nothing more comes out: the far end sees the end of the input.
    pub(crate) ended: Option<Instant>,
}

/// What the wire does to one of its directions.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Behind so many octets the wire is closed.
    Close(usize),
    /// Behind so many octets nothing comes any more, and nobody is told.
    Drop(usize),
    /// Behind so many octets these come as well.
    Inject(usize, Vec<u8>),
}

impl Lane {
    /// A direction in which no more than `segment` octets arrive at once, `delay` after they were sent.
    pub(crate) fn new(segment: usize, delay: Duration, fault: Option<Fault>) -> Self {
        Self {
            segments: VecDeque::new(),
            segment,
            delay,
            octets: 0,
            fault,
            ended: None,
        }
    }

    pub(crate) fn send(&mut self, mut octets: Vec<u8>, now: Instant) {
        let (before, after) = (self.octets, self.octets + octets.len());
        self.octets = after;
        match &self.fault {
            Some(Fault::Close(at)) if after > *at => {
                octets.truncate(at.saturating_sub(before));
                self.ended.get_or_insert(now + self.delay);
            }
            Some(Fault::Drop(at)) if after > *at => octets.truncate(at.saturating_sub(before)),
            Some(Fault::Inject(at, more)) if (before..after).contains(at) => {
                let place = at - before;
                octets.splice(place..place, more.iter().copied());
            }
            _ => {}
        }
        for segment in octets.chunks(self.segment) {
            self.segments
                .push_back((now + self.delay, segment.to_vec()));
        }
    }

    pub(crate) fn receive(&mut self, now: Instant, unread: &mut Vec<u8>) -> bool {
        match self.segments.front() {
            Some((at, _)) if *at <= now => {
                unread.extend(self.segments.pop_front().unwrap().1);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn is_at_end(&self, now: Instant) -> bool {
        self.segments.is_empty() && self.ended.is_some_and(|at| at <= now)
    }

    pub(crate) fn next(&self) -> Option<Instant> {
        let segment = self.segments.front().map(|(at, _)| *at);
        segment.or(self.ended)
    }
}
