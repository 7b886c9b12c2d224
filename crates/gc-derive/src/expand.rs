//! What is written.

use crate::check;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use std::collections::HashSet;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, GenericParam, Generics, Ident, Lifetime, Result};

/// The lifetime that takes the place of the type's own. The name is ours.
const NEW: &str = "'__gompa_at";

/// The impl of `Trace`, and what makes a `Drop` impossible. `gc` is the path to the crate.
pub(crate) fn expand(input: &DeriveInput, gc: &TokenStream) -> Result<TokenStream> {
    check::shape(input)?;
    let traced = check::traced_params(input)?;
    let name = &input.ident;
    let mut generics = input.generics.clone();
    bound_params(&mut generics, &traced, gc);
    let (impl_generics, own, bounds) = generics.split_for_impl();
    let at = arguments(&input.generics, &traced, gc);
    let new = Lifetime::new(NEW, name.span());

    let arms = arms(input, gc)?;
    let mut any = Vec::new();
    for field in check::fields(input) {
        if !check::is_leaf(field)? {
            let ty = &field.ty;
            // A type that contains itself, in a box say, cannot ask itself.
            any.push(if check::mentions(ty, name) {
                quote!(|| true)
            } else {
                quote_spanned!(ty.span()=> || <#ty as #gc::Trace>::TRACED)
            });
        }
    }
    let traced_const = if any.is_empty() {
        quote!(false)
    } else {
        quote!(false #(#any)*)
    };
    let no_drop = format_ident!("__{name}MustNotImplementDrop");
    Ok(quote! {
        // SAFETY: 1. the same type, its one lifetime replaced, and its parameters' likewise. 2. each
        // field that is not a leaf is visited; leaves are `'static`, so they hold no handle that
        // needs tracing. 3. by the fields' own impls. 4. see below. 5. as the fields.
        #[automatically_derived]
        #[allow(clippy::undocumented_unsafe_blocks)]
        unsafe impl #impl_generics #gc::Trace for #name #own #bounds {
            type At<#new> = #name #at;
            const TRACED: bool = #traced_const;
            #[inline]
            fn visit<__GompaVisitor: #gc::Visitor>(&self, __visitor: &mut __GompaVisitor) {
                #arms
            }
        }

        const _: () = {
            /// A destructor of the type's own could look at neighbours that are gone: move it to a
            /// field marked `#[gc(leaf)]`.
            #[allow(non_camel_case_types, dead_code)]
            trait #no_drop {}
            #[allow(drop_bounds)]
            impl<__T: ?Sized + ::core::ops::Drop> #no_drop for __T {}
            impl #impl_generics #no_drop for #name #own #bounds {}
        };
    })
}

/// Parameters in traced fields are traced; others are leaves.
fn bound_params(generics: &mut Generics, traced: &HashSet<String>, gc: &TokenStream) {
    let mut predicates = Vec::new();
    for param in &generics.params {
        if let GenericParam::Type(t) = param {
            let ident = &t.ident;
            predicates.push(if traced.contains(&ident.to_string()) {
                quote!(#ident: #gc::Trace)
            } else {
                quote!(#ident: ::core::marker::Send + ::core::marker::Sync + 'static)
            });
        }
    }
    let clause = generics.make_where_clause();
    for predicate in predicates {
        clause.predicates.push(syn::parse_quote!(#predicate));
    }
}

/// The type's arguments at the new lifetime.
fn arguments(generics: &Generics, traced: &HashSet<String>, gc: &TokenStream) -> TokenStream {
    let new = Lifetime::new(NEW, proc_macro2::Span::call_site());
    let arguments = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(_) => quote!(#new),
        GenericParam::Type(t) => {
            let ident = &t.ident;
            if traced.contains(&ident.to_string()) {
                quote!(<#ident as #gc::Trace>::At<#new>)
            } else {
                quote!(#ident)
            }
        }
        GenericParam::Const(c) => {
            let ident = &c.ident;
            quote!(#ident)
        }
    });
    let arguments: Vec<_> = arguments.collect();
    if arguments.is_empty() {
        quote!()
    } else {
        quote!(<#(#arguments),*>)
    }
}

/// A match that visits every field.
fn arms(input: &DeriveInput, gc: &TokenStream) -> Result<TokenStream> {
    let name = &input.ident;
    let mut arms = Vec::new();
    match &input.data {
        Data::Struct(data) => arms.push(arm(quote!(#name), &data.fields, gc)?),
        Data::Enum(data) => {
            for variant in &data.variants {
                let ident = &variant.ident;
                arms.push(arm(quote!(#name::#ident), &variant.fields, gc)?);
            }
        }
        Data::Union(_) => {}
    }
    if arms.is_empty() {
        return Ok(quote!(match *self {}));
    }
    Ok(quote!(match self { #(#arms)* }))
}

fn arm(path: TokenStream, fields: &Fields, gc: &TokenStream) -> Result<TokenStream> {
    let mut visits = Vec::new();
    let mut names: Vec<Ident> = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        let bound = format_ident!("__field{i}");
        let ty = &field.ty;
        visits.push(if check::is_leaf(field)? {
            quote_spanned!(ty.span()=> #gc::__private::leaf::<#ty>(#bound);)
        } else {
            quote_spanned!(ty.span()=> <#ty as #gc::Trace>::visit(#bound, __visitor);)
        });
        names.push(bound);
    }
    let pattern = match fields {
        Fields::Named(named) => {
            let of = named.named.iter().map(|f| &f.ident);
            quote!(#path { #(#of: #names),* })
        }
        Fields::Unnamed(_) => quote!(#path(#(#names),*)),
        Fields::Unit => path,
    };
    Ok(quote!(#pattern => { #(#visits)* }))
}
