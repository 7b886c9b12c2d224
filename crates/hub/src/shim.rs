#![allow(missing_docs)]
//! Stand-in over std until the runtime is there; goes away then.
pub use std::net;
use std::time::Duration;

pub fn run<T>(f: impl FnOnce() -> T) -> T {
    f()
}
pub fn go<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(f)
}
pub mod time {
    use super::*;
    pub fn sleep(d: Duration) {
        std::thread::sleep(d)
    }
    pub fn after_func(d: Duration, f: impl FnOnce() + Send + 'static) {
        std::thread::spawn(move || {
            std::thread::sleep(d);
            f()
        });
    }
}
pub mod chan {
    use std::sync::{Mutex, mpsc};
    use std::time::Duration;
    #[derive(Debug)]
    pub struct Sender<T>(mpsc::SyncSender<T>);
    #[derive(Debug)]
    pub struct Receiver<T>(Mutex<mpsc::Receiver<T>>);
    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Self {
            Sender(self.0.clone())
        }
    }
    pub fn channel<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
        let (t, r) = mpsc::sync_channel(cap);
        (Sender(t), Receiver(Mutex::new(r)))
    }
    impl<T> Sender<T> {
        pub fn send(&self, v: T) -> Result<(), mpsc::SendError<T>> {
            self.0.send(v)
        }
        pub fn try_send(&self, v: T) -> Result<(), mpsc::TrySendError<T>> {
            self.0.try_send(v)
        }
    }
    impl<T> Receiver<T> {
        pub fn recv(&self) -> Result<T, mpsc::RecvError> {
            self.0.lock().unwrap().recv()
        }
        pub fn try_recv(&self) -> Result<T, mpsc::TryRecvError> {
            self.0.lock().unwrap().try_recv()
        }
        pub fn recv_timeout(&self, d: Duration) -> Result<T, mpsc::RecvTimeoutError> {
            self.0.lock().unwrap().recv_timeout(d)
        }
    }
}
pub mod debug {
    #[derive(Debug, Clone, Default)]
    pub struct SchedStats {
        pub gomaxprocs: usize,
        pub idle_procs: usize,
        pub threads: usize,
        pub spinning_threads: usize,
        pub idle_threads: usize,
        pub global_queue: usize,
        pub local_queues: Vec<usize>,
        pub goroutines: usize,
    }
    pub fn sched_stats() -> SchedStats {
        SchedStats {
            gomaxprocs: 2,
            threads: 3,
            local_queues: vec![0, 0],
            goroutines: 1,
            ..Default::default()
        }
    }
}
