//! A select does not outlive its channels, nor does what it has chosen.
use gompa_chan::{Select, make};

fn main() {
    let mut select = Select::new();
    {
        let ch = make::<u8>(0);
        select.recv(&ch);
    }
    let op = {
        let ch = make::<u8>(0);
        let mut inner = Select::new();
        inner.send(&ch);
        inner.select()
    };
    drop((select, op));
}
