//! Benchmarks of Bellwether. Each figure stands beside a baseline that was measured in the same run, and is
//! reported as a ratio.

mod fleet;
mod memory;
mod registered;
mod retention;
mod twin_job;
mod world;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Benchmarks, each beside a baseline measured in the same run; prints Markdown.")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// A twin job over the whole fleet beside one bare UPDATE and one bare INSERT … SELECT of the same rows.
    TwinJob {
        /// Sizes of the fleet.
        #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000,1000000")]
        devices: Vec<u64>,
        /// Each figure is the median of so many rounds.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// One round of one size, in a process of its own so that its memory is its own. Prints seconds and bytes.
    #[command(hide = true)]
    TwinJobRound {
        /// Size of the fleet.
        devices: u64,
    },
    /// A large job goes because it was kept for long enough, beside changes of single twins.
    Retention {
        /// Devices of the job.
        #[arg(long, default_value_t = 1_000_000)]
        devices: u64,
    },
    /// Method jobs over connected devices, memory per connection, single calls and small jobs under load.
    Fleet(fleet::Options),
    /// One process of a fleet bench.
    #[command(hide = true)]
    FleetPart {
        /// Which.
        #[command(subcommand)]
        part: fleet::Part,
    },
}

type Anything = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Anything> {
    match Arguments::parse().bench {
        Bench::TwinJob { devices, rounds } => twin_job::run(&devices, rounds),
        Bench::TwinJobRound { devices } => twin_job::round(devices),
        Bench::Retention { devices } => retention::run(devices),
        Bench::Fleet(options) => fleet::run(options),
        Bench::FleetPart { part } => fleet::part(part),
    }
}
