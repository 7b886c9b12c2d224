//! Every goroutine with its stack, in the texts of Go's goroutine profile.
