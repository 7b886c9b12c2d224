//! Rendezvous, there and back: two goroutines and two unbuffered channels.

use crate::repeat::per_op;
use crate::setup::Setup;
use gompa::chan::{self, Chan};
use std::error::Error;

const ROUND_TRIPS: u64 = 500_000;

/// Nanoseconds a round trip.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let trips = setup.scaled(ROUND_TRIPS);
    per_op(setup, "pingpong", "ns_per_roundtrip", trips, move || {
        let there: Chan<u64> = chan::make(0);
        let back: Chan<u64> = chan::make(0);
        let partner = {
            let (there, back) = (there.clone(), back.clone());
            gompa::go(move || {
                for value in &there {
                    back.send(value + 1);
                }
                back.close();
            })
        };
        let mut value = 0;
        for _ in 0..trips {
            there.send(value);
            value = back.recv().expect("the partner closes last");
        }
        there.close();
        assert_eq!(back.recv(), None);
        assert_eq!(value, trips);
        partner.join().expect("the partner only bounces");
    });
    Ok(())
}
