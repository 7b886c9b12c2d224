//! How one run is set up: on which contender, with how many Ps, how often.

use std::fmt;

/// The options every workload takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Setup {
    /// Ps: goroutines that run at the same time
    #[arg(short = 'p', long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub procs: u16,
    /// In which mode the runtime runs
    #[arg(long, value_enum, default_value_t)]
    pub contender: Contender,
    /// Repetitions that count (after a warm-up); the median is reported
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub reps: u32,
    /// Divide the amount of work by this, to try things out (not comparable)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub shrink: u64,
    /// A fresh process that measures once and prints bare values
    #[arg(long, hide = true)]
    pub child: bool,
    /// The size of a child's work, where its workload has several
    #[arg(short = 'n', long, hide = true)]
    pub size: Option<u64>,
}

/// Who is measured.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Contender {
    /// As users get it: every goroutine owns its thread-locals.
    #[default]
    Gompa,
    /// Without thread-locals of their own, through the unsafe opt-out.
    GompaCarrierTls,
}

impl Contender {
    /// The name in RESULT lines and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Gompa => "gompa",
            Contender::GompaCarrierTls => "gompa-carrier-tls",
        }
    }
}

/// "gompa P2", as remarks name a run.
impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} P{}", self.contender.name(), self.procs)
    }
}

impl Setup {
    /// Runs `f` as the main goroutine of a runtime as asked for.
    pub fn enter<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> T {
        let builder = gompa::Builder::new().procs(usize::from(self.procs));
        let builder = match self.contender {
            Contender::Gompa => builder,
            // SAFETY: 1. no workload that offers this holds a borrow of a thread-local, or a handle
            // into one, across a call that may park. 2. The only thread-locals they touch between
            // such calls are those of `repeat`'s progress, in a function that is never inlined.
            Contender::GompaCarrierTls => unsafe { builder.carrier_thread_locals() },
        };
        builder.run(f)
    }

    /// The defined amount of work, or the part of it that was asked for.
    pub fn scaled(&self, amount: u64) -> u64 {
        (amount / self.shrink).max(1)
    }

    /// `metric` with the number of Ps, as in `ns_per_task@P2`.
    pub fn at_p(&self, metric: &str) -> String {
        format!("{metric}@P{}", self.procs)
    }
}
