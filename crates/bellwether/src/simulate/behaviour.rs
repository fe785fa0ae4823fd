//! How a simulated device behaves. The same seed gives the same devices and the same answers.

use std::time::Duration;

/// When a device connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// As soon as it may.
    AtOnce,
    /// When the fleet's late comers are let in.
    Late,
    /// When the fleet's broken devices are repaired.
    Repaired,
    /// Never.
    Never,
}

/// How a device answers a direct method.
#[derive(Debug, Clone, PartialEq)]
pub enum Answering {
    /// Always the same, after the same time.
    Fixed {
        /// Status of the answer.
        status: u16,
        /// Time until it is sent.
        after: Duration,
    },
    /// Never: the caller runs into its timeout.
    Silent,
    /// By chance.
    Random(Chance),
}

/// Answers drawn from a seeded generator of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Chance {
    rng: fastrand::Rng,
    failure_rate: f64,
    latency: Duration,
}

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Status of the answer.
    pub status: u16,
    /// Time until it is sent.
    pub after: Duration,
}

/// What a whole random fleet is like.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    /// Share of calls answered with status 500.
    pub failure_rate: f64,
    /// Mean time until an answer.
    pub latency: Duration,
    /// Share of devices that never connect.
    pub offline: f64,
    /// Where all chance comes from.
    pub seed: u64,
}

impl Odds {
    /// The behaviour of the device with this number: depends on the seed and the number alone.
    pub fn device(&self, number: u32) -> (Presence, Answering) {
        // Spread, so that neighbouring seeds and numbers share no streams.
        let mut rng =
            fastrand::Rng::with_seed(self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (u64::from(number) << 20));
        let presence = if rng.f64() < self.offline { Presence::Never } else { Presence::AtOnce };
        let chance = Chance { rng, failure_rate: self.failure_rate, latency: self.latency };
        (presence, Answering::Random(chance))
    }
}

impl Answering {
    /// The next answer, none when the device stays silent.
    pub fn next(&mut self) -> Option<Reply> {
        match self {
            Answering::Fixed { status, after } => Some(Reply { status: *status, after: *after }),
            Answering::Silent => None,
            Answering::Random(chance) => {
                let status = if chance.rng.f64() < chance.failure_rate { 500 } else { 200 };
                // Exponential: most answers are quick, a few take several times the mean.
                let factor = -(1.0 - chance.rng.f64()).ln();
                Some(Reply { status, after: chance.latency.mul_f64(factor.min(20.0)) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODDS: Odds = Odds { failure_rate: 0.25, latency: Duration::from_millis(100), offline: 0.1, seed: 7 };

    #[test]
    fn the_same_seed_gives_the_same_fleet() {
        let fleet = |odds: Odds| -> Vec<_> {
            (0..50).map(|n| odds.device(n)).map(|(p, mut a)| (p, a.next(), a.next())).collect()
        };
        assert_eq!(fleet(ODDS), fleet(ODDS));
        assert_ne!(fleet(ODDS), fleet(Odds { seed: 8, ..ODDS }));
    }

    #[test]
    fn the_shares_are_kept() {
        let devices: Vec<_> = (0..10_000).map(|n| ODDS.device(n)).collect();
        let offline = devices.iter().filter(|(presence, _)| *presence == Presence::Never).count();
        assert!((900..1100).contains(&offline), "{offline}");
        let replies: Vec<_> = devices.into_iter().filter_map(|(_, mut answering)| answering.next()).collect();
        let failed = replies.iter().filter(|reply| reply.status == 500).count();
        assert!((2300..2700).contains(&failed), "{failed}");
        let mean = replies.iter().map(|reply| reply.after.as_secs_f64()).sum::<f64>() / 10_000.0;
        assert!((0.09..0.11).contains(&mean), "{mean}");
    }
}
