//! How contestants take turns, and what is told of them.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// One thing to do, and who does it.
#[derive(Debug)]
pub struct Measure {
    /// Its name.
    pub name: &'static str,
    /// What is told.
    pub unit: Unit,
    /// Ourselves first, then the peers.
    pub contestants: Vec<Contestant>,
}

/// What is told of a contestant.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// Nanoseconds a run: less is better, and a ratio below 1 is ours.
    Nanoseconds,
    /// Octets a run, told as GB/s: more is better, and a ratio above 1 is ours.
    Octets(usize),
    /// How much longer a run of twice the input takes than one of the input; the second contestant
    /// is the first with twice the input. Two is linear.
    Doubling,
}

/// Somebody who does it.
pub struct Contestant {
    /// The name of the crate, or of what it is compared with.
    pub name: &'static str,
    /// Whether it is a peer, and not only something that says what is physically possible.
    pub is_peer: bool,
    /// What is different from what we do, if anything is.
    pub note: Option<&'static str>,
    /// Does it once.
    pub run: Box<dyn FnMut()>,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    rounds: usize,
    batch: Duration,
}

impl Effort {
    /// For figures.
    pub const FULL: Self = Self {
        rounds: 41,
        batch: Duration::from_millis(4),
    };
    /// To see that it works.
    pub const QUICK: Self = Self {
        rounds: 5,
        batch: Duration::from_micros(500),
    };
}

impl Contestant {
    /// Ourselves.
    pub fn ours(run: impl FnMut() + 'static) -> Self {
        Self::peer("mailwire-smtp-proto", run)
    }

    /// A peer that does the same.
    pub fn peer(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self {
            name,
            is_peer: true,
            note: None,
            run: Box::new(run),
        }
    }

    /// Something that says what is physically possible.
    pub fn reference(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self {
            is_peer: false,
            ..Self::peer(name, run)
        }
    }

    /// The same, with a word on what is different.
    #[must_use]
    pub fn with_note(self, note: &'static str) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

impl fmt::Debug for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Measure {
    /// Measures, and tells it as an object of JSON.
    #[must_use]
    pub fn run(mut self, effort: Effort) -> Value {
        let times: Vec<usize> = self
            .contestants
            .iter_mut()
            .map(|it| calibrate(it, effort.batch))
            .collect();
        let mut samples = vec![Vec::with_capacity(effort.rounds); times.len()];
        for _ in 0..effort.rounds {
            for ((contestant, times), samples) in
                self.contestants.iter_mut().zip(&times).zip(&mut samples)
            {
                samples.push(batch(contestant, *times).as_secs_f64() * 1e9 / *times as f64);
            }
        }
        let nanoseconds: Vec<f64> = samples.iter_mut().map(|it| median(it)).collect();
        let allocations: Vec<u64> = self
            .contestants
            .iter_mut()
            .map(|it| allocation_counter::measure(|| (it.run)()).count_total)
            .collect();
        self.tell(&nanoseconds, &allocations)
    }

    fn tell(&self, nanoseconds: &[f64], allocations: &[u64]) -> Value {
        let value = |nanoseconds: f64| match self.unit {
            Unit::Nanoseconds | Unit::Doubling => nanoseconds,
            Unit::Octets(octets) => octets as f64 / nanoseconds,
        };
        let ours = value(nanoseconds[0]);
        if let Unit::Doubling = self.unit {
            let ratio = rounded(nanoseconds[1] / nanoseconds[0]);
            return json!({
                "measure": self.name, "unit": "time(2n) / time(n)", "ratio": ratio,
                "allocations": { "ours": allocations[0] },
            });
        }
        let is_better = |one: f64, other: f64| match self.unit {
            Unit::Octets(_) => one > other,
            _ => one < other,
        };
        let mut best: Option<usize> = None;
        let (mut all, mut ratios, mut notes) = (Map::new(), Map::new(), Map::new());
        for (at, contestant) in self.contestants.iter().enumerate() {
            let figure = value(nanoseconds[at]);
            all.insert(contestant.name.into(), json!(rounded(figure)));
            if at > 0 {
                ratios.insert(contestant.name.into(), json!(rounded(ours / figure)));
            }
            if let Some(note) = contestant.note {
                notes.insert(contestant.name.into(), json!(note));
            }
            if at > 0
                && contestant.is_peer
                && best.is_none_or(|best| is_better(figure, value(nanoseconds[best])))
            {
                best = Some(at);
            }
        }
        let unit = match self.unit {
            Unit::Octets(_) => "GB/s",
            _ => "ns",
        };
        let mut told = json!({
            "measure": self.name, "unit": unit, "ours": rounded(ours), "all": all,
            "ratios": ratios, "allocations": { "ours": allocations[0] },
        });
        if let Some(best) = best {
            let peer = value(nanoseconds[best]);
            told["best peer"] = json!(self.contestants[best].name);
            told["peer"] = json!(rounded(peer));
            told["ratio"] = json!(rounded(ours / peer));
            told["allocations"]["peer"] = json!(allocations[best]);
        }
        if !notes.is_empty() {
            told["notes"] = Value::Object(notes);
        }
        told
    }
}

/// How many runs make a batch.
fn calibrate(contestant: &mut Contestant, target: Duration) -> usize {
    let mut times = 1;
    loop {
        let spent = batch(contestant, times);
        if spent >= target || times > 1 << 24 {
            return times;
        }
        let factor = target.as_secs_f64() / spent.as_secs_f64().max(1e-9);
        times = (times as f64 * factor.clamp(1.2, 10.0)).ceil() as usize;
    }
}

fn batch(contestant: &mut Contestant, times: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        (contestant.run)();
    }
    start.elapsed()
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
