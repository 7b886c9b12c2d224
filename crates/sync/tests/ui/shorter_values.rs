//! What a lock holds cannot be replaced by what dies earlier.
use gompa_sync::Mutex;

fn put<'a>(mutex: &Mutex<&'a str>, text: &'a str) {
    *mutex.lock() = text;
}

fn main() {
    let mutex = Mutex::new("long");
    {
        let text = String::from("short");
        put(&mutex, &text);
    }
    mutex.lock();
}
