//! Profiles in the form of pprof.
