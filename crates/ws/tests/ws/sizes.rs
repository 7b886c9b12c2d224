//! What an idle connection costs, in bytes: promised in the docs.

use gompa_ws::deflate::Params;
use gompa_ws::{Decoder, Encoder, Frame, Prepared, Reader, WebSocket};

#[test]
#[cfg(target_pointer_width = "64")]
fn of_the_values() {
    assert_eq!(size_of::<Frame>(), 16);
    assert_eq!(size_of::<Params>(), 16);
    assert_eq!(size_of::<Encoder>(), 32);
    assert_eq!(size_of::<Decoder>(), 144);
    assert_eq!(size_of::<Reader>(), 176);
    assert_eq!(size_of::<WebSocket<()>>(), 248);
    assert_eq!(size_of::<Prepared>(), 192);
}
