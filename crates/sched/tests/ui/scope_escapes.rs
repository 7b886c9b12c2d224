//! Nothing is started in a scope that is over.

fn main() {
    let mut kept = None;
    gompa_sched::scope(|s| kept = Some(s));
    kept.unwrap().go(|| ());
}
