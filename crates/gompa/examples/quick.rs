use gompa::{chan, go};
use std::time::Instant;
fn main() {
    for procs in [1, 2] {
        gompa::Builder::new().procs(procs).run(move || {
            for _ in 0..2 {
            let n = 1_000_000;
            let t = Instant::now();
            for _ in 0..100 { let hs: Vec<_> = (0..10_000).map(|_| go(|| ())).collect(); for h in hs { h.join().unwrap(); } }
            println!("P{procs} spawn+join {:.1} ns", t.elapsed().as_nanos() as f64 / n as f64);
            let t = Instant::now();
            let hs: Vec<_> = (0..100).map(|_| go(|| for _ in 0..10_000 { gompa::gosched() })).collect();
            for h in hs { h.join().unwrap(); }
            println!("P{procs} yield {:.1} ns", t.elapsed().as_nanos() as f64 / n as f64);
            let (a, b) = (chan::make::<u64>(0), chan::make::<u64>(0));
            let t = Instant::now();
            let k = 500_000;
            let h = { let (a, b) = (a.clone(), b.clone()); go(move || for _ in 0..k { let v = a.recv().unwrap(); b.send(v + 1); }) };
            for i in 0..k { a.send(i); b.recv().unwrap(); }
            h.join().unwrap();
            println!("P{procs} pingpong {:.1} ns", t.elapsed().as_nanos() as f64 / k as f64);
            let c = chan::make::<u64>(128);
            let m = 5_000_000u64;
            let t = Instant::now();
            let h = { let c = c.clone(); go(move || { for i in 0..m { c.send(i); } c.close(); }) };
            let mut s = 0; while let Some(v) = c.recv() { s += v; }
            h.join().unwrap();
            println!("P{procs} spsc {:.1} ns {s}", t.elapsed().as_nanos() as f64 / m as f64);
            }
        });
    }
}
