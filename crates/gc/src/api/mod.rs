//! What users see.

pub(crate) mod array;
pub(crate) mod control;
pub(crate) mod cursor;
pub mod debug;
pub(crate) mod field;
pub(crate) mod gc;
pub(crate) mod id;
pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod opaque;
pub(crate) mod pin;
pub(crate) mod root;
pub(crate) mod scope;
pub(crate) mod slots;
pub(crate) mod stats;
pub(crate) mod table;
pub(crate) mod weak;
