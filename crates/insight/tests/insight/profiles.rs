//! Profiles, read back by `go tool pprof`.

use crate::consumer::{line_of, pprof};
use crate::support::{alone, eventually, waiting};
use gompa_chan::make;
use gompa_insight::profile::{
    Profile, cpu, set_block_profile_rate, set_mutex_profile_fraction, write_profile,
    write_profile_text,
};
use gompa_park::WaitReason;
use gompa_sched::debug::goroutines;
use gompa_sched::{Builder, go, gosched};
use gompa_sync::{Mutex, RwLock};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn take(profile: Profile) -> Vec<u8> {
    let mut out = Vec::new();
    write_profile(profile, &mut out).unwrap();
    out
}

fn text(profile: Profile) -> String {
    let mut out = Vec::new();
    write_profile_text(profile, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[inline(never)]
fn waits_in_the_profile(ch: &gompa_chan::Chan<u32>) {
    std::hint::black_box(ch.recv());
}

#[test]
fn goroutine() {
    let _alone = alone();
    Builder::new().procs(2).run(|| {
        let ch = make::<u32>(0);
        for _ in 0..30 {
            let ch = ch.clone();
            drop(go(move || waits_in_the_profile(&ch)));
        }
        eventually("all wait", || waiting() == 30);
        let (binary, text) = (take(Profile::Goroutine), text(Profile::Goroutine));
        ch.close();
        let Some(top) = pprof(&binary, &["-top"]) else {
            return;
        };
        assert!(top.contains("Type: goroutine"), "{top}");
        let line = line_of(&top, "waits_in_the_profile");
        assert_eq!(line[3], "30", "{top}");
        let raw = pprof(&binary, &["-raw"]).unwrap();
        assert!(raw.contains("state:[chan receive]"), "{raw}");
        assert!(raw.contains("profiles.rs:"), "{raw}");
        assert!(raw.contains("[FN][FL][LN][IN]"), "{raw}");
        // Go's tool reads the text, too.
        let raw = pprof(text.as_bytes(), &["-raw"]).unwrap();
        assert!(
            raw.lines().any(|l| l.trim_start().starts_with("30:")),
            "{raw}"
        );
    });
}

#[test]
fn threadcreate() {
    let _alone = alone();
    Builder::new().procs(2).run(|| {
        let binary = take(Profile::ThreadCreate);
        let Some(top) = pprof(&binary, &["-top"]) else {
            return;
        };
        assert!(top.contains("Type: threadcreate"), "{top}");
        assert!(
            line_of(&top, "[scheduler thread]")[3]
                .parse::<u32>()
                .unwrap()
                >= 1
        );
        assert!(text(Profile::ThreadCreate).starts_with("threadcreate profile: total "));
    });
}

#[inline(never)]
fn receives_late(ch: &gompa_chan::Chan<u32>) {
    std::hint::black_box(ch.recv());
}

#[test]
fn block() {
    let _alone = alone();
    const EACH: Duration = Duration::from_millis(20);
    set_block_profile_rate(Duration::from_nanos(1));
    Builder::new().procs(2).run(|| {
        let ch = make::<u32>(0);
        let receiver = {
            let ch = ch.clone();
            go(move || (0..5).for_each(|_| receives_late(&ch)))
        };
        for n in 0..5 {
            eventually("it waits", || waiting() == 1);
            gompa_chan::time::sleep(EACH);
            ch.send(n);
        }
        receiver.join().unwrap();
    });
    set_block_profile_rate(Duration::ZERO);
    let binary = take(Profile::Block);
    assert!(text(Profile::Block).starts_with("--- contention:\ncycles/second=1000000000\n"));
    let Some(top) = pprof(&binary, &["-top", "-unit=ms"]) else {
        return;
    };
    assert!(top.contains("Type: delay"), "{top}");
    let waited = line_of(&top, "receives_late")[3].trim_end_matches("ms");
    let waited: f64 = waited.parse().unwrap();
    assert!(waited >= 5.0 * EACH.as_secs_f64() * 1000.0, "{top}");
    assert!(
        !top.contains("sleep"),
        "a wait for time is none for others:\n{top}"
    );
    let top = pprof(&binary, &["-top", "-sample_index=contentions"]).unwrap();
    assert_eq!(line_of(&top, "receives_late")[3], "5", "{top}");
    assert!(pprof(text(Profile::Block).as_bytes(), &["-raw"]).is_some());
}

/// Takes the lock, says so, and gives it back late, when the other waits for it.
#[inline(never)]
fn gives_back_late(mutex: &Mutex<u32>, held: impl FnOnce(), until: impl Fn() -> bool) {
    let guard = mutex.lock();
    held();
    eventually("the other waits", until);
    gompa_chan::time::sleep(Duration::from_millis(20));
    drop(guard);
}

#[inline(never)]
fn writes_late(lock: &RwLock<u32>, held: impl FnOnce(), until: impl Fn() -> bool) {
    let guard = lock.write();
    held();
    eventually("the other waits", until);
    drop(guard);
}

/// How many goroutines of this runtime wait for `what`.
fn waiting_for(what: WaitReason) -> usize {
    let all = goroutines();
    all.iter().filter(|g| g.wait_reason == what).count()
}

#[test]
fn mutex() {
    let _alone = alone();
    assert_eq!(set_mutex_profile_fraction(1), 0);
    Builder::new().procs(2).run(|| {
        let mutex = Arc::new(Mutex::new(0));
        let lock = Arc::new(RwLock::new(0));
        let held = make::<()>(0);
        let holder = {
            let (mutex, lock, held) = (mutex.clone(), lock.clone(), held.clone());
            go(move || {
                let waits = |what| move || waiting_for(what) == 1;
                gives_back_late(&mutex, || held.send(()), waits(WaitReason::MutexLock));
                writes_late(&lock, || held.send(()), waits(WaitReason::RwMutexRLock));
            })
        };
        held.recv();
        *mutex.lock() += 1;
        held.recv();
        let _ = *lock.read();
        holder.join().unwrap();
    });
    assert_eq!(set_mutex_profile_fraction(0), 1);
    let binary = take(Profile::Mutex);
    let said = text(Profile::Mutex);
    assert!(said.starts_with("--- mutex:\ncycles/second=1000000000\nsampling period=1\n"));
    let Some(top) = pprof(&binary, &["-top", "-sample_index=contentions"]) else {
        return;
    };
    assert_eq!(line_of(&top, "gives_back_late")[3], "1", "{top}");
    assert_eq!(line_of(&top, "writes_late")[3], "1", "{top}");
    let top = pprof(&binary, &["-top", "-unit=ms"]).unwrap();
    let delay = line_of(&top, "gives_back_late")[3].trim_end_matches("ms");
    assert!(delay.parse::<f64>().unwrap() >= 20.0, "{top}");
}

#[inline(never)]
fn computes(until: Instant) -> u64 {
    let mut n = 0_u64;
    while Instant::now() < until {
        for i in 0..10_000_u64 {
            n = std::hint::black_box(n.wrapping_mul(31).wrapping_add(i));
        }
    }
    n
}

#[test]
fn cpu_time() {
    let _alone = alone();
    cpu::start(1000).unwrap();
    assert!(matches!(cpu::start(100), Err(cpu::Error::AlreadyOn)));
    let id = Builder::new().procs(2).run(|| {
        let until = Instant::now() + Duration::from_millis(700);
        let busy = go(move || computes(until));
        // Others wait and wake meanwhile, and are interrupted, too.
        while !busy.is_finished() {
            gosched();
        }
        busy.id()
    });
    cpu::stop();
    let binary = take(Profile::Cpu);
    let Some(top) = pprof(&binary, &["-top"]) else {
        return;
    };
    assert!(top.contains("Type: cpu"), "{top}");
    // On a busy machine it gets little, but it gets something.
    let focus = format!("-tagfocus=goroutine={id}:{id}");
    let top = pprof(&binary, &["-top", &focus, "-sample_index=samples"]).unwrap();
    let samples: f64 = line_of(&top, "computes")[3].parse().unwrap();
    assert!(samples >= 5.0, "{top}");
    let site = line_of(&top, "profiles.rs:");
    assert!(site.contains(&"go"), "the creation site is the root: {top}");
    assert!(take(Profile::Cpu).len() < binary.len(), "taken once");
}

#[test]
fn nonsense_is_refused() {
    assert!(matches!(cpu::start(0), Err(cpu::Error::Rate(0))));
    assert!(matches!(cpu::start(1001), Err(cpu::Error::Rate(1001))));
    cpu::stop();
}
