//! The loop: connect, say, hear, until everything has come or nothing does any more.

use std::io;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mio::{Events, Interest, Poll, Token};

use super::BenchArgs;
use super::account::{Account, Hub, Report};
use super::client::{Client, Now};
use super::process::Usage;
use super::stamp::{Stamp, clock};
use super::target::Target;

/// How long is listened for more when all has come.
const LATE: Duration = Duration::from_millis(300);

/// Connections under way at a time.
const PENDING: usize = 256;
/// Longest wait for events.
const STEP: Duration = Duration::from_millis(20);

/// See the [module](self).
pub struct Load {
    args: BenchArgs,
    target: Target,
    poll: Poll,
    /// By token; none for those that failed.
    clients: Vec<Option<Client>>,
    open: usize,
    failed: usize,
    /// What went wrong first.
    first_error: Option<String>,
    account: Account,
    run: u32,
    /// Messages each sender has said.
    said: Vec<u32>,
    buffer: Vec<u8>,
}

impl Load {
    pub fn new(args: &BenchArgs, target: Target) -> Result<Load, String> {
        Ok(Load {
            poll: Poll::new().map_err(|e| e.to_string())?,
            clients: Vec::with_capacity(args.connections),
            open: 0,
            failed: 0,
            first_error: None,
            account: Account::new(args.connections, args.senders),
            run: args.run.unwrap_or_else(|| crate::room::random() as u32),
            said: vec![0; args.senders],
            buffer: vec![0; 64 << 10],
            args: args.clone(),
            target,
        })
    }

    pub fn run(mut self) -> Result<Report, String> {
        let args = self.args.clone();
        let look = || Usage::of(&args.pid);
        let before = look()?;
        let connecting = Instant::now();
        self.connect().map_err(|e| e.to_string())?;
        let connected_per_s = self.open as f64 / connecting.elapsed().as_secs_f64();
        if self.open == 0 || self.clients[..args.senders].iter().any(Option::is_none) {
            let why = self.first_error.unwrap_or_default();
            return Err(format!("{}: no connection: {why}", self.target.address));
        }
        if args.listen {
            // Whoever waits for all to be there reads it.
            eprintln!("gompa-hub bench: listening, {} connections", self.open);
        }
        let quiet = Duration::from_secs(args.idle).max(Duration::from_millis(300));
        self.hear_for(quiet).map_err(|e| e.to_string())?;
        let idle = look()?;
        let saying = Instant::now();
        let heard = self.say().map_err(|e| e.to_string())?;
        let took = heard.duration_since(saying).as_secs_f64();
        let after = look()?;
        // What comes twice comes last.
        self.hear_for(LATE).map_err(|e| e.to_string())?;
        let account = &self.account;
        let latency = |q| account.latency.value_at_quantile(q);
        let lost = account.missing(&self.said, |i| self.clients[i].is_some()) + account.skipped;
        if let Some(error) = &self.first_error {
            eprintln!("gompa-hub bench: the first connection that failed: {error}");
        }
        Ok(Report {
            connections: self.open,
            failed: self.failed,
            connected_per_s,
            messages: self.said.iter().sum(),
            deliveries: account.deliveries,
            deliveries_per_s: account.deliveries as f64 / took.max(1e-9),
            lost,
            duplicates: account.duplicates,
            foreign: account.foreign,
            p50_us: latency(0.5),
            p90_us: latency(0.9),
            p99_us: latency(0.99),
            p999_us: latency(0.999),
            max_us: account.latency.max(),
            hub: (!args.pid.is_empty())
                .then(|| Hub::new([before, idle, after], self.open, account.deliveries)),
        })
    }

    /// Makes all connections, or finds that they cannot be made.
    fn connect(&mut self) -> io::Result<()> {
        let bar = bar("connections", self.args.connections as u64);
        let begin = Instant::now();
        let mut events = Events::with_capacity(1024);
        while self.open + self.failed < self.args.connections {
            let due = match self.args.connect_rate {
                0 => usize::MAX,
                rate => (begin.elapsed().as_secs_f64() * f64::from(rate)) as usize + 1,
            };
            let made = self.clients.len();
            let pending = made - self.open - self.failed;
            let more = (due.min(self.args.connections).saturating_sub(made)).min(PENDING - pending);
            for _ in 0..more {
                self.begin()?;
            }
            self.turn(&mut events, STEP)?;
            bar.set_position((self.open + self.failed) as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        let index = self.clients.len();
        let source = self
            .target
            .source(index, self.args.source, self.args.per_source);
        let mut client = match self.target.connect(source) {
            Ok(stream) => Client::new(stream, &self.target, self.args.deflate),
            Err(e) => {
                self.clients.push(None);
                self.failed += 1;
                self.first_error.get_or_insert(e.to_string());
                return Ok(());
            }
        };
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(&mut client.stream, Token(index), interest)?;
        self.clients.push(Some(client));
        Ok(())
    }

    /// Hears what comes for a while.
    fn hear_for(&mut self, time: Duration) -> io::Result<()> {
        let until = Instant::now() + time;
        let mut events = Events::with_capacity(1024);
        while Instant::now() < until {
            self.turn(&mut events, STEP)?;
        }
        Ok(())
    }

    /// Says all messages, and hears until they have come, or nothing has for long. When the last
    /// came.
    fn say(&mut self) -> io::Result<Instant> {
        let bar = bar(
            "deliveries",
            u64::from(self.args.messages) * self.open as u64,
        );
        let mut events = Events::with_capacity(1024);
        let begin = Instant::now();
        let mut said = 0;
        let mut last = (0, begin);
        if self.args.listen {
            said = self.args.messages;
            let (each, more) = (
                said / self.args.senders as u32,
                said as usize % self.args.senders,
            );
            for (i, n) in self.said.iter_mut().enumerate() {
                *n = each + u32::from(i < more);
            }
        }
        loop {
            while said < self.args.messages
                && let Some(at) = self.due(begin, said)
            {
                self.say_one(said, at);
                said += 1;
            }
            let wait = if self.args.rate > 0.0 && said < self.args.messages {
                Duration::from_millis(1)
            } else {
                STEP
            };
            self.turn(&mut events, wait)?;
            let now = Instant::now();
            if self.account.deliveries != last.0 {
                last = (self.account.deliveries, now);
                bar.set_position(last.0);
            }
            let all = said == self.args.messages && self.is_all_heard();
            // Who listens does not know when it begins.
            let begun = !self.args.listen || last.0 > 0;
            if all || begun && now - last.1 > self.args.patience() {
                bar.finish_and_clear();
                return Ok(last.1);
            }
        }
    }

    /// When the next message is due, if it is: by the rate, or when all have the last.
    fn due(&self, begin: Instant, said: u32) -> Option<Instant> {
        if self.args.rate > 0.0 {
            let at = begin + Duration::from_secs_f64(f64::from(said) / self.args.rate);
            return (at <= Instant::now()).then_some(at);
        }
        self.is_all_heard().then(Instant::now)
    }

    fn is_all_heard(&self) -> bool {
        let said: u64 = self.said.iter().map(|n| u64::from(*n)).sum();
        self.account.deliveries + self.account.skipped >= said * self.open as u64
    }

    fn say_one(&mut self, nth: u32, at: Instant) {
        let sender = nth as usize % self.args.senders;
        let stamp = Stamp {
            run: self.run,
            sender: sender as u32,
            number: self.said[sender],
            micros: (clock() - at.elapsed()).as_micros() as u64,
        };
        let text = stamp.text(self.args.size);
        if let Some(client) = &mut self.clients[sender] {
            match client.say(&text) {
                Ok(()) => self.said[sender] += 1,
                Err(error) => self.fail(sender, &error),
            }
        }
    }

    /// Waits for events and handles them.
    fn turn(&mut self, events: &mut Events, wait: Duration) -> io::Result<()> {
        match self.poll.poll(events, Some(wait)) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in events.iter() {
            let index = event.token().0;
            let Some(client) = &mut self.clients[index] else {
                continue;
            };
            let (account, run) = (&mut self.account, self.run);
            let mut result = Ok(Now::Open);
            if event.is_writable() {
                result = client.writable().map(|()| Now::Open);
            }
            if result.is_ok() && event.is_readable() {
                result = client.readable(&mut self.buffer, |text| match Stamp::read(text) {
                    Some(stamp) if stamp.run == run => {
                        let late = clock().saturating_sub(Duration::from_micros(stamp.micros));
                        account.got(index, stamp.sender as usize, stamp.number, late);
                    }
                    _ => account.foreign += 1,
                });
            }
            match result {
                Ok(Now::JustOpen) => self.open += 1,
                Ok(_) => {}
                Err(error) => self.fail(index, &error),
            }
        }
        Ok(())
    }

    fn fail(&mut self, index: usize, error: &io::Error) {
        if let Some(client) = self.clients[index].take() {
            if client.is_open() {
                self.open -= 1;
            }
            self.failed += 1;
            self.first_error.get_or_insert(error.to_string());
        }
    }
}

/// A bar on the terminal, if there is one.
fn bar(what: &'static str, length: u64) -> ProgressBar {
    let style = "{prefix:>12} {wide_bar:.cyan/blue} {human_pos}/{human_len} {per_sec} {eta}";
    let bar = ProgressBar::new(length).with_prefix(what);
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}
