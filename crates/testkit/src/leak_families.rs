//! Families of synthetic memory histories, healthy and leaking: one sample a minute, the same for the same seed.

use kernel::bytes::Bytes;
use model::history::{Sample, Series, WorkloadHistory};
use std::f64::consts::TAU;

/// How a series behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Noise alone.
    Flat,
    /// Follows the day.
    Diurnal,
    /// A cache that fills within hours.
    Plateau,
    /// A cache that fills within a day.
    SlowPlateau,
    /// A collector that gives back what it gathered.
    SawTooth,
    /// A deployment that needs more, or less.
    Step,
    /// Short peaks.
    Spikes,
    /// Grows evenly.
    LinearLeak,
    /// Three to eight percent a day.
    SlowLeak,
    /// Grows under a collector.
    LeakWithCollector,
    /// Grows under load that follows the day.
    LeakWithDay,
    /// Grows with the load.
    LeakWithLoad,
}

impl Family {
    /// The healthy ones.
    pub const HEALTHY: [Self; 7] = [
        Self::Flat,
        Self::Diurnal,
        Self::Plateau,
        Self::SlowPlateau,
        Self::SawTooth,
        Self::Step,
        Self::Spikes,
    ];

    /// The others.
    pub const LEAKING: [Self; 5] =
        [Self::LinearLeak, Self::SlowLeak, Self::LeakWithCollector, Self::LeakWithDay, Self::LeakWithLoad];
}

/// A sequence of numbers that look random (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Roughly normal: the sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// What a series is made of, all amounts as shares of its base.
struct Shape {
    noise: f64,
    day: f64,
    phase: f64,
    tooth: f64,
    tooth_minutes: f64,
    fill: f64,
    fill_minutes: f64,
    step: f64,
    step_at: f64,
    spike_chance: f64,
    leak_per_day: f64,
    leak_follows_load: bool,
}

impl Shape {
    fn draw(family: Family, random: &mut Random, minutes: f64) -> Self {
        let mut shape = Self {
            noise: random.between(0.003, 0.015),
            day: 0.0,
            phase: random.between(0.0, TAU),
            tooth: 0.0,
            tooth_minutes: 1.0,
            fill: 0.0,
            fill_minutes: 1.0,
            step: 0.0,
            step_at: random.between(0.1, 0.9) * minutes,
            spike_chance: 0.0,
            leak_per_day: 0.0,
            leak_follows_load: false,
        };
        match family {
            Family::Flat => {}
            Family::Diurnal => shape.day = random.between(0.1, 0.5),
            Family::Plateau => {
                (shape.fill, shape.fill_minutes) = (random.between(0.2, 1.0), random.between(60.0, 300.0));
            }
            Family::SlowPlateau => {
                (shape.fill, shape.fill_minutes) = (random.between(0.2, 1.0), random.between(360.0, 1440.0));
            }
            Family::SawTooth => {
                (shape.tooth, shape.tooth_minutes) = (random.between(0.2, 1.0), random.between(10.0, 240.0));
            }
            Family::Step => {
                let sign = if random.unit() < 0.75 { 1.0 } else { -1.0 };
                shape.step = sign * random.between(0.1, 0.6);
            }
            Family::Spikes => shape.spike_chance = random.between(0.001, 0.02),
            Family::LinearLeak => shape.leak_per_day = random.between(0.08, 0.6),
            Family::SlowLeak => shape.leak_per_day = random.between(0.03, 0.08),
            Family::LeakWithCollector => {
                shape.leak_per_day = random.between(0.08, 0.4);
                (shape.tooth, shape.tooth_minutes) = (random.between(0.1, 0.6), random.between(10.0, 120.0));
            }
            Family::LeakWithDay => {
                (shape.leak_per_day, shape.day) = (random.between(0.08, 0.4), random.between(0.1, 0.4));
            }
            Family::LeakWithLoad => {
                (shape.leak_per_day, shape.day) = (random.between(0.08, 0.4), random.between(0.05, 0.2));
                shape.leak_follows_load = true;
            }
        }
        shape
    }

    fn at(&self, minute: f64, random: &mut Random) -> f64 {
        let angle = TAU * minute / 1440.0 + self.phase;
        // A load from none to full; its sum grows like the angle less its sine.
        let leaked = if self.leak_follows_load {
            let turned = |angle: f64| angle - angle.sin();
            self.leak_per_day * (turned(angle) - turned(self.phase)) / TAU
        } else {
            self.leak_per_day * minute / 1440.0
        };
        let tooth = self.tooth * (minute / self.tooth_minutes).fract();
        let filled = self.fill * (1.0 - (-minute / self.fill_minutes).exp());
        let stepped = if minute >= self.step_at { self.step } else { 0.0 };
        let spike = if random.unit() < self.spike_chance { random.between(0.2, 1.5) } else { 0.0 };
        let day = self.day * (1.0 - angle.cos()) / 2.0;
        1.0 + leaked + tooth + filled + stepped + spike + day + self.noise * random.normal()
    }
}

/// Series of one family, so many hours long.
#[must_use]
pub fn series(family: Family, count: u64, hours: u64, seed: u64) -> Vec<WorkloadHistory> {
    (0..count)
        .map(|number| {
            let mut random = Random((seed << 32) ^ (number << 8) ^ family as u64 ^ 0x9e37_79b9_7f4a_7c15);
            for _ in 0..16 {
                random.unit();
            }
            let minutes = hours * 60;
            let base = random.between(50.0, 2000.0) * f64::from(1 << 20);
            let shape = Shape::draw(family, &mut random, minutes as f64);
            let samples = (0..minutes).map(|minute| {
                let usage = (base * shape.at(minute as f64, &mut random)).max(0.0) as u64;
                Sample { seconds: i64::try_from(minute * 60).unwrap_or(i64::MAX), usage: Bytes(usage) }
            });
            WorkloadHistory {
                name: format!("{family:?}/{number}"),
                origin: "synthetic".to_owned(),
                series: Series::new(samples.collect()),
                kills: Vec::new(),
                limits: None,
                parts: None,
            }
        })
        .collect()
}
