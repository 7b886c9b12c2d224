//! A list that lives in place while it is short.

use std::mem::MaybeUninit;

/// So many need no allocation.
pub(crate) const FEW: usize = 8;

/// Up to [`FEW`] items here, more on the heap. For items without a destructor.
pub(crate) struct Few<T> {
    /// The first `len` hold items, unless `many` does.
    here: [MaybeUninit<T>; FEW],
    len: usize,
    /// All items, once there are more than [`FEW`].
    many: Vec<T>,
}

impl<T> Few<T> {
    pub(crate) fn new() -> Self {
        const { assert!(!std::mem::needs_drop::<T>()) };
        Few {
            here: [const { MaybeUninit::uninit() }; FEW],
            len: 0,
            many: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.many.is_empty() {
            if self.len < FEW {
                self.here[self.len].write(item);
                self.len += 1;
                return;
            }
            // SAFETY: all of `here` is in use, and given up for `many`: `len` is 0 from here on.
            let all = self.here.iter().map(|i| unsafe { i.assume_init_read() });
            self.many.extend(all);
            self.len = 0;
        }
        self.many.push(item);
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        if !self.many.is_empty() {
            return &self.many;
        }
        let here = self.here[..self.len].as_ptr().cast::<T>();
        // SAFETY: the first `len` are in use.
        unsafe { std::slice::from_raw_parts(here, self.len) }
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        if !self.many.is_empty() {
            return &mut self.many;
        }
        let here = self.here[..self.len].as_mut_ptr().cast::<T>();
        // SAFETY: the first `len` are in use.
        unsafe { std::slice::from_raw_parts_mut(here, self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_past_its_place() {
        let mut few = Few::new();
        for i in 0..3 * FEW {
            few.push(i);
            assert_eq!(few.as_slice(), (0..=i).collect::<Vec<_>>());
            few.as_mut_slice()[i] = i;
            assert_eq!(few.len(), i + 1);
        }
    }
}
