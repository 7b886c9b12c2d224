//! Goroutines that can never run again.
