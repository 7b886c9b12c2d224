//! `select!`: crossbeam-channel's syntax, from tokens to [slots](super::slots).
//!
//! Arms are read one by one, in two steps each: what stands before the `=>`, then the body (an
//! expression with a comma, a last expression, or a block without a comma). Each step keeps what it
//! has read, with two names of its own for the case's channel and slot. The last step writes it all
//! out at once, without closures, so that `break`, `continue`, `return` and `?` work in bodies and
//! in the values to send.

/// Waits until one of several cases is ready, and does it.
///
/// ```
/// use gompa_chan::{self as chan, select};
///
/// let (a, b) = (chan::make(1), chan::make(1));
/// a.send("from a");
/// let got = select! {
///     recv(a) -> v => v,                    // v: what a.recv() returns
///     send(b, "to b") -> () => None,        // what b.send("to b") returns
/// };
/// assert!(matches!((got, b.len()), (Some("from a"), 0) | (None, 1)));
///
/// select! {
///     recv(b) => println!("b had something"),
///     default => println!("nothing there"),
/// }
/// ```
///
/// # Cases
/// - `recv(channel) -> pattern => body`, or without `-> pattern`
/// - `send(channel, value) -> pattern => body`, or without `-> pattern`
/// - `default => body`, if no case is ready now; or `default(duration) => body`, if none is ready
///   so long. At most one.
///
/// `channel` is a [`Chan`](crate::Chan), [`Sender`](crate::Sender) or [`Receiver`](crate::Receiver),
/// or something that leads to one by `*` (a reference, an `Arc`, a guard). It is evaluated once, in
/// the beginning. The same channel may stand in several cases.
///
/// `value` is evaluated only if its case is chosen, so a message that is not sent is not lost. Until
/// it is there, a free slot (or a waiting receiver) is kept for it; if it never comes, because the
/// expression panics or leaves by `?`, that is given back and the channel goes on as if nothing had
/// been chosen. Meanwhile the channel has one slot less: do not use the same channel in the
/// expression.
///
/// # Which one
/// Of several ready cases each is as likely as another. Nil channels are never ready; closed ones
/// always are. If none is ready, the default runs; `default` does not run while a case is ready.
/// Without a default, the select waits; without any case, for ever.
#[macro_export]
macro_rules! select {
    ($($tokens:tt)*) => {
        $crate::__select!(@head [] [] $($tokens)*)
    };
}

/// The steps of [`select!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    // No arm is left.
    (@head $cases:tt $default:tt) => {
        $crate::__select!(@write $cases $default)
    };

    // What stands before the body.
    (@head $cases:tt $default:tt recv($chan:expr $(,)?) -> $pat:pat => $($rest:tt)+) => {
        $crate::__select!(@body $cases $default [recv $chan, $pat] $($rest)+)
    };
    (@head $cases:tt $default:tt recv($chan:expr $(,)?) => $($rest:tt)+) => {
        $crate::__select!(@body $cases $default [recv $chan, _] $($rest)+)
    };
    (@head $cases:tt $default:tt send($chan:expr, $value:expr $(,)?) -> $pat:pat => $($rest:tt)+) => {
        $crate::__select!(@body $cases $default [send $chan, $pat, $value] $($rest)+)
    };
    (@head $cases:tt $default:tt send($chan:expr, $value:expr $(,)?) => $($rest:tt)+) => {
        $crate::__select!(@body $cases $default [send $chan, _, $value] $($rest)+)
    };
    (@head $cases:tt [] default $(())? => $($rest:tt)+) => {
        $crate::__select!(@body $cases [] [default $crate::__private::Wait::NOT] $($rest)+)
    };
    (@head $cases:tt [] default($d:expr $(,)?) => $($rest:tt)+) => {
        $crate::__select!(@body $cases [] [default $crate::__private::Wait::at_most($d)] $($rest)+)
    };
    (@head $cases:tt [$($default:tt)+] default $($rest:tt)*) => {
        ::core::compile_error!("a `select!` has at most one `default`")
    };
    (@head $cases:tt $default:tt $($rest:tt)+) => {
        ::core::compile_error!(::core::concat!(
            "expected `recv(channel) -> pattern => body`, ",
            "`send(channel, value) -> pattern => body`, ",
            "`default => body` or `default(duration) => body`, found `",
            ::core::stringify!($($rest)+),
            "`",
        ))
    };

    // The body: with a comma, the last one, or a block.
    (@body $cases:tt $default:tt $head:tt $body:expr, $($rest:tt)*) => {
        $crate::__select!(@case $cases $default $head [$body] $($rest)*)
    };
    (@body $cases:tt $default:tt $head:tt $body:expr) => {
        $crate::__select!(@case $cases $default $head [$body])
    };
    (@body $cases:tt $default:tt $head:tt $body:block $($rest:tt)+) => {
        $crate::__select!(@case $cases $default $head [$body] $($rest)+)
    };
    (@body $cases:tt $default:tt $head:tt $($rest:tt)+) => {
        ::core::compile_error!(::core::concat!(
            "a comma is missing after a `select!` body that is not a block: `",
            ::core::stringify!($($rest)+),
            "`",
        ))
    };

    // An arm is complete: keep it. (`end` and `slot` are other names in each step.)
    (@case [$($cases:tt)*] $default:tt [recv $chan:expr, $pat:pat] $body:tt $($rest:tt)*) => {
        $crate::__select!(@head
            [$($cases)* { [$chan] end __recv_slot slot [slot.take()] [$pat] $body }]
            $default
            $($rest)*)
    };
    (@case [$($cases:tt)*] $default:tt [send $chan:expr, $pat:pat, $value:expr] $body:tt
        $($rest:tt)*) => {
        $crate::__select!(@head
            [$($cases)* { [$chan] end __send_slot slot [slot.promise().keep($value)] [$pat] $body }]
            $default
            $($rest)*)
    };
    (@case $cases:tt [] [default $wait:expr] [$body:expr] $($rest:tt)*) => {
        $crate::__select!(@head $cases [[$wait] $body] $($rest)*)
    };

    // All is read.
    (@write $cases:tt []) => {
        $crate::__select!(@write $cases [[$crate::__private::Wait::FOREVER] ::core::unreachable!()])
    };
    (@write
        [$({ [$chan:expr] $end:ident $kind:ident $slot:ident [$result:expr] [$pat:pat] [$body:expr] })*]
        [[$wait:expr] $default:expr]
    ) => {
        match ($(&$chan,)*) {
            ($($end,)*) => {
                $(let $slot = $end.$kind();)*
                $crate::__private::select(&[$($slot.case()),*], $wait);
                $(if $slot.won() {
                    let $pat = $result;
                    $body
                } else)* {
                    $default
                }
            }
        }
    };
}
