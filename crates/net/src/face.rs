//! The methods that sockets have in common, once.

/// What every socket has: handles, the mode, the end. `$Type` is a struct with the field `socket`,
/// an `Arc<Socket<$Io>>`.
macro_rules! common_face {
    ($Type:ident, $Io:ty, $Std:ty) => {
        impl $Type {
            /// `io` is in non-blocking mode.
            pub(crate) fn new(io: $Io) -> $Type {
                $Type {
                    socket: std::sync::Arc::new($crate::socket::Socket::new(io)),
                }
            }

            /// Another handle to the same socket.
            ///
            /// # Errors
            /// None at present; the signature is std's.
            pub fn try_clone(&self) -> std::io::Result<$Type> {
                Ok($Type {
                    socket: self.socket.clone(),
                })
            }

            /// The pending error of the socket (`SO_ERROR`), which is cleared.
            ///
            /// # Errors
            /// The system's.
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.socket.get_ref().take_error()
            }

            /// Whether operations return `WouldBlock` instead of waiting. Belongs to the socket,
            /// hence to all its handles; has no effect on operations that wait already.
            ///
            /// # Errors
            /// None at present; the signature is std's.
            pub fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
                self.socket.set_nonblocking(nonblocking);
                Ok(())
            }

            /// Ends it for all handles, at once: the other end sees the end, operations in progress
            /// and later ones fail with [`Closed`](crate::Closed). The descriptor itself is released
            /// when the last handle is dropped.
            pub fn close(&self) {
                self.socket.close();
            }
        }

        impl std::os::fd::AsFd for $Type {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.socket.get_ref().as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $Type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(self.socket.get_ref())
            }
        }

        impl std::fmt::Debug for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self.socket.get_ref(), f)
            }
        }

        impl TryFrom<$Std> for $Type {
            type Error = std::io::Error;

            fn try_from(socket: $Std) -> std::io::Result<$Type> {
                $Type::from_std(socket)
            }
        }

        impl TryFrom<$Type> for $Std {
            type Error = std::io::Error;

            fn try_from(socket: $Type) -> std::io::Result<$Std> {
                socket.into_std()
            }
        }
    };
}

/// Conversions of a socket that has timeouts.
macro_rules! convert_with_timeouts {
    ($Type:ident, $Io:ty, $Std:ty) => {
        impl $Type {
            /// Takes over a socket of std's, with its timeouts. Its descriptor is put into
            /// non-blocking mode; operations wait all the same, whatever its mode was.
            ///
            /// # Errors
            /// The system's.
            pub fn from_std(socket: $Std) -> std::io::Result<$Type> {
                use gompa_sched::netpoll::Interest;
                socket.set_nonblocking(true)?;
                let (read, write) = (socket.read_timeout()?, socket.write_timeout()?);
                let new = $Type::new(<$Io>::from_std(socket));
                new.socket.set_timeout(Interest::Read, read)?;
                new.socket.set_timeout(Interest::Write, write)?;
                Ok(new)
            }

            /// Gives the socket to std, with its timeouts, in blocking mode unless
            /// [`set_nonblocking`](Self::set_nonblocking) is on. While there are clones, which need
            /// the descriptor in non-blocking mode, std's socket shares that mode.
            ///
            /// # Errors
            /// The system's.
            pub fn into_std(self) -> std::io::Result<$Std> {
                use gompa_sched::netpoll::Interest;
                let socket = match std::sync::Arc::try_unwrap(self.socket) {
                    Ok(socket) => socket,
                    Err(shared) => {
                        let fd = std::os::fd::AsFd::as_fd(shared.get_ref());
                        return Ok(fd.try_clone_to_owned()?.into());
                    }
                };
                let nonblocking = socket.nonblocking();
                let timeouts = [Interest::Read, Interest::Write].map(|i| socket.timeout(i));
                let std = <$Std>::from(socket.into_inner());
                std.set_read_timeout(timeouts[0])?;
                std.set_write_timeout(timeouts[1])?;
                std.set_nonblocking(nonblocking)?;
                Ok(std)
            }
        }
    };
}

/// Conversions of a listener.
macro_rules! convert_listener {
    ($Type:ident, $Io:ty, $Std:ty) => {
        impl $Type {
            /// Takes over a listener of std's. Its descriptor is put into non-blocking mode;
            /// `accept` waits all the same, whatever its mode was.
            ///
            /// # Errors
            /// The system's.
            pub fn from_std(listener: $Std) -> std::io::Result<$Type> {
                listener.set_nonblocking(true)?;
                Ok($Type::new(<$Io>::from_std(listener)))
            }

            /// Gives the listener to std, in blocking mode unless
            /// [`set_nonblocking`](Self::set_nonblocking) is on. While there are clones, which need
            /// the descriptor in non-blocking mode, std's listener shares that mode.
            ///
            /// # Errors
            /// The system's.
            pub fn into_std(self) -> std::io::Result<$Std> {
                let socket = match std::sync::Arc::try_unwrap(self.socket) {
                    Ok(socket) => socket,
                    Err(shared) => {
                        let fd = std::os::fd::AsFd::as_fd(shared.get_ref());
                        return Ok(fd.try_clone_to_owned()?.into());
                    }
                };
                let nonblocking = socket.nonblocking();
                let std = <$Std>::from(socket.into_inner());
                std.set_nonblocking(nonblocking)?;
                Ok(std)
            }

            /// From `at` on `accept` fails with `TimedOut`, also where it waits already. `None`
            /// lifts the deadline.
            pub fn set_deadline(&self, at: Option<std::time::Instant>) {
                self.socket
                    .set_deadline(gompa_sched::netpoll::Interest::Read, at);
            }
        }
    };
}

/// Timeouts, as in std, and deadlines, as in Go.
macro_rules! limits {
    ($Type:ident) => {
        impl $Type {
            /// Limits how long each single read may wait. `None`: no limit. Read again by each
            /// operation when it begins to wait. A timeout that runs out gives `TimedOut`.
            ///
            /// # Errors
            /// `InvalidInput` for a timeout of zero.
            pub fn set_read_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> std::io::Result<()> {
                self.socket
                    .set_timeout(gompa_sched::netpoll::Interest::Read, timeout)
            }

            /// Limits how long each single write may wait, like
            /// [`set_read_timeout`](Self::set_read_timeout).
            ///
            /// # Errors
            /// `InvalidInput` for a timeout of zero.
            pub fn set_write_timeout(
                &self,
                timeout: Option<std::time::Duration>,
            ) -> std::io::Result<()> {
                self.socket
                    .set_timeout(gompa_sched::netpoll::Interest::Write, timeout)
            }

            /// What [`set_read_timeout`](Self::set_read_timeout) set.
            ///
            /// # Errors
            /// None at present; the signature is std's.
            pub fn read_timeout(&self) -> std::io::Result<Option<std::time::Duration>> {
                Ok(self.socket.timeout(gompa_sched::netpoll::Interest::Read))
            }

            /// What [`set_write_timeout`](Self::set_write_timeout) set.
            ///
            /// # Errors
            /// None at present; the signature is std's.
            pub fn write_timeout(&self) -> std::io::Result<Option<std::time::Duration>> {
                Ok(self.socket.timeout(gompa_sched::netpoll::Interest::Write))
            }

            /// From `at` on reads and writes fail with `TimedOut`, those in progress too. `None`
            /// lifts the deadlines.
            pub fn set_deadline(&self, at: Option<std::time::Instant>) {
                self.set_read_deadline(at);
                self.set_write_deadline(at);
            }

            /// From `at` on reads fail with `TimedOut`, those in progress too. `None` lifts the
            /// deadline.
            pub fn set_read_deadline(&self, at: Option<std::time::Instant>) {
                self.socket
                    .set_deadline(gompa_sched::netpoll::Interest::Read, at);
            }

            /// From `at` on writes fail with `TimedOut`, those in progress too. `None` lifts the
            /// deadline.
            pub fn set_write_deadline(&self, at: Option<std::time::Instant>) {
                self.socket
                    .set_deadline(gompa_sched::netpoll::Interest::Write, at);
            }
        }
    };
}

/// `Read` and `Write` for a stream and for a shared one.
macro_rules! stream_io {
    ($($Type:ty),*) => {$(
        impl std::io::Read for $Type {
            #[inline]
            fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.receive(buf)
            }

            fn read_vectored(
                &mut self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                self.receive_vectored(bufs)
            }
        }

        impl std::io::Write for $Type {
            #[inline]
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                self.transmit(buf)
            }

            fn write_vectored(
                &mut self,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::io::Result<usize> {
                self.transmit_vectored(bufs)
            }

            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    )*};
}
