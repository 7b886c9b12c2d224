//! `#[test]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Error, ItemFn, LitInt, LitStr, Result};

/// What stands in the parentheses.
#[derive(Default)]
struct Arguments {
    procs: Option<LitInt>,
    allow_leaks: bool,
}

impl Arguments {
    fn parse(tokens: TokenStream) -> Result<Arguments> {
        let mut arguments = Arguments::default();
        let each = syn::meta::parser(|meta| {
            if meta.path.is_ident("procs") {
                arguments.procs = Some(meta.value()?.parse()?);
                Ok(())
            } else if meta.path.is_ident("leaks") {
                let word: LitStr = meta.value()?.parse()?;
                arguments.allow_leaks = match &*word.value() {
                    "allow" => true,
                    "deny" => false,
                    _ => return Err(Error::new(word.span(), "`allow` or `deny`")),
                };
                Ok(())
            } else {
                Err(meta.error("`procs = N` or `leaks = \"allow\"`"))
            }
        });
        each.parse2(tokens)?;
        Ok(arguments)
    }
}

pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> Result<TokenStream> {
    let arguments = Arguments::parse(arguments)?;
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = syn::parse2(function)?;
    if let Some(asyncness) = &sig.asyncness {
        return Err(Error::new(
            asyncness.span(),
            "a goroutine's code is not async: it may just wait",
        ));
    }
    if !sig.inputs.is_empty() || !sig.generics.params.is_empty() {
        return Err(Error::new(sig.inputs.span(), "a test takes nothing"));
    }
    let procs = arguments.procs.map(|n| quote!(.procs(#n)));
    let leaks = arguments.allow_leaks;
    let (name, output) = (&sig.ident, &sig.output);
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() #output {
            ::gompa::__private::run_test(::gompa::Builder::new() #procs, #leaks, move || #output #block)
        }
    })
}
