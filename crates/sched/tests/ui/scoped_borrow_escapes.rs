//! What a scoped goroutine borrows must outlive the scope.

fn main() {
    gompa_sched::run(|| {
        gompa_sched::scope(|s| {
            let local = vec![1, 2, 3];
            s.go(|| println!("{}", local.len()));
        });
    });
}
