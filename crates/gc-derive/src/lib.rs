//! `#[derive(Trace)]` for `gompa-gc`.
//!
//! It writes which fields to report, and the type with its lifetime replaced; it refuses what cannot
//! be sound. See `gompa_gc::Trace`.

mod check;
mod expand;

use proc_macro::TokenStream;

/// Derives `Trace`: the type may live in the collected heap.
///
/// - One lifetime at most, that of the handles.
/// - Each field's type is `Trace`, or the field is marked `#[gc(leaf)]`: then its type is
///   `Send + Sync + 'static`, and the collector does not look into it.
/// - No `Drop` on the type itself: what needs one goes into a leaf of its own.
#[proc_macro_derive(Trace, attributes(gc))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    derive(input, &quote::quote!(::gompa_gc))
}

/// As `Trace`, for crates that know the collector as `gompa::gc`.
#[proc_macro_derive(TraceByFacade, attributes(gc))]
pub fn derive_trace_by_facade(input: TokenStream) -> TokenStream {
    derive(input, &quote::quote!(::gompa::gc))
}

fn derive(input: TokenStream, gc: &proc_macro2::TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    expand::expand(&input, gc)
        .unwrap_or_else(|e| e.into_compile_error())
        .into()
}
