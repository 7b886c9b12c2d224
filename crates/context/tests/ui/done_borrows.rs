// The channel belongs to the context; who wants to keep it clones it.
use gompa_context::{background, with_cancel};

fn main() {
    let done = {
        let (ctx, _cancel) = with_cancel(&background());
        ctx.done()
    };
    drop(done);
}
