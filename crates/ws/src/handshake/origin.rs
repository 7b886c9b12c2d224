//! Which pages may connect: RFC 6455 section 10.2.

/// Whose pages a browser may connect from. Only browsers send an origin, and cannot lie about it:
/// this protects users from foreign pages that speak in their name, not the server from programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origins {
    /// Everybody's.
    #[default]
    Any,
    /// Those of the host that is asked (the `Host` header), by any scheme; and who sends no origin.
    Same,
    /// These, as browsers write them (`https://example.org`, with the port unless it is the scheme's
    /// own), compared without case; and who sends no origin.
    List(Vec<String>),
}

impl Origins {
    /// Whether a page of this origin may connect to this host.
    pub fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        let _ = (origin, host);
        todo!()
    }
}
