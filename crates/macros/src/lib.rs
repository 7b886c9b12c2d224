//! Attributes of `gompa`, which names them at its root.

mod test;

use proc_macro::TokenStream;

/// A test whose body is the main goroutine of a runtime of its own, and which fails if goroutines
/// outlive it: with the stack of each.
///
/// ```ignore
/// #[gompa::test]
/// fn answers() {
///     let answers = gompa::chan::make(0);
///     let asked = answers.clone();
///     let asker = gompa::go(move || asked.send(42));
///     assert_eq!(answers.recv(), Some(42));
///     asker.join().unwrap();
/// }
/// ```
///
/// - `#[gompa::test(procs = 2)]`: with so many Ps.
/// - `#[gompa::test(leaks = "allow")]`: goroutines may outlive it.
///
/// The function takes nothing, and may return what a test may return, if that is `Send`. Other
/// attributes (`should_panic`, `ignore`) stay as they are.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, function: TokenStream) -> TokenStream {
    test::expand(arguments.into(), function.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
