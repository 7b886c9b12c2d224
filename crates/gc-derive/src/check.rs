//! What is refused, and which fields are leaves.

use std::collections::HashSet;
use syn::{Data, DeriveInput, Error, Field, GenericParam, Result};

/// Refuses what has no meaning for the collector.
pub(crate) fn shape(input: &DeriveInput) -> Result<()> {
    for attribute in &input.attrs {
        if attribute.path().is_ident("gc") {
            return Err(Error::new_spanned(
                attribute,
                "`#[gc(leaf)]` belongs on a field; a type without pointers needs no attribute",
            ));
        }
    }
    if let Data::Union(data) = &input.data {
        return Err(Error::new(
            data.union_token.span,
            "a union cannot be traced: nobody knows which of its fields is there",
        ));
    }
    let mut lifetimes = input.generics.lifetimes();
    if let (Some(_), Some(second)) = (lifetimes.next(), lifetimes.next()) {
        return Err(Error::new_spanned(
            &second.lifetime,
            "a type in the collected heap has one lifetime, that of its handles; other borrows \
             cannot live there",
        ));
    }
    Ok(())
}

/// All fields, of all variants.
pub(crate) fn fields(input: &DeriveInput) -> Vec<&Field> {
    match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|v| &v.fields).collect(),
        Data::Union(_) => Vec::new(),
    }
}

/// Whether the field is marked as a leaf.
pub(crate) fn is_leaf(field: &Field) -> Result<bool> {
    let mut leaf = false;
    for attribute in field.attrs.iter().filter(|a| a.path().is_ident("gc")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("leaf") {
                return Err(meta.error("unknown attribute; there is `#[gc(leaf)]`"));
            }
            leaf = true;
            Ok(())
        })?;
    }
    Ok(leaf)
}

/// The type parameters that occur in a traced field.
pub(crate) fn traced_params(input: &DeriveInput) -> Result<HashSet<String>> {
    let mut names = HashSet::new();
    for field in fields(input) {
        if !is_leaf(field)? {
            let ty = &field.ty;
            words(quote::quote!(#ty), &mut names);
        }
    }
    let params = input.generics.params.iter().filter_map(|p| match p {
        GenericParam::Type(t) => Some(t.ident.to_string()),
        _ => None,
    });
    Ok(params.filter(|p| names.contains(p)).collect())
}

/// Whether the name occurs in the type.
pub(crate) fn mentions(ty: &syn::Type, name: &syn::Ident) -> bool {
    let mut names = HashSet::new();
    words(quote::quote!(#ty), &mut names);
    names.contains(&name.to_string()) || names.contains("Self")
}

fn words(tokens: proc_macro2::TokenStream, into: &mut HashSet<String>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(word) => _ = into.insert(word.to_string()),
            proc_macro2::TokenTree::Group(group) => words(group.stream(), into),
            _ => {}
        }
    }
}
