//! How many connections there are, in all and from each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The count. An address is in the table only while it has connections and there is a limit.
#[derive(Debug)]
pub struct Addresses {
    /// 0: no limit.
    in_all: usize,
    /// 0: no limit.
    from_one: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// There are as many connections as there may be.
    InAll,
    /// There are as many from this address as there may be.
    FromOne,
}

/// A place taken; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    addresses: Arc<Addresses>,
    /// If it counts for its address; a word where it does not.
    address: Option<Box<IpAddr>>,
}

impl Addresses {
    /// Nobody is there. A limit of 0 is none.
    pub fn new(in_all: usize, from_one: usize) -> Arc<Addresses> {
        Arc::new(Addresses {
            in_all,
            from_one,
            table: Mutex::default(),
        })
    }

    /// Takes a place, for an address if it is known already.
    pub fn enter(self: &Arc<Addresses>, address: Option<IpAddr>) -> Result<Place, Full> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if self.in_all != 0 && table.total >= self.in_all {
            return Err(Full::InAll);
        }
        let mut place = Place {
            addresses: Arc::clone(self),
            address: None,
        };
        table.total += 1;
        let counted = match address {
            Some(address) => table.count(address, self.from_one),
            None => Ok(None),
        };
        drop(table);
        place.address = counted?.map(Box::new);
        Ok(place)
    }
}

impl Table {
    fn count(&mut self, address: IpAddr, limit: usize) -> Result<Option<IpAddr>, Full> {
        if limit == 0 {
            return Ok(None);
        }
        let count = self.by_address.entry(address).or_insert(0);
        if *count >= limit {
            return Err(Full::FromOne);
        }
        *count += 1;
        Ok(Some(address))
    }
}

impl Place {
    /// The address is known now: behind a proxy, after the request's head.
    pub fn name(&mut self, address: IpAddr) -> Result<(), Full> {
        if self.address.is_none() {
            let addresses = &self.addresses;
            let mut table = addresses
                .table
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            self.address = table.count(address, addresses.from_one)?.map(Box::new);
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self
            .addresses
            .table
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        table.total -= 1;
        if let Some(address) = self.address.as_deref()
            && let Some(count) = table.by_address.get_mut(address)
        {
            *count -= 1;
            if *count == 0 {
                table.by_address.remove(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let addresses = Addresses::new(3, 2);
        let address = IpAddr::from([1, 1, 1, 1]);
        let one = Some(address);
        let two = Some(IpAddr::from([2, 2, 2, 2]));
        let a = addresses.enter(one).unwrap();
        let _b = addresses.enter(one).unwrap();
        assert_eq!(addresses.enter(one).err(), Some(Full::FromOne));
        let mut c = addresses.enter(None).unwrap();
        assert_eq!(addresses.enter(two).err(), Some(Full::InAll));
        assert_eq!(c.name(address), Err(Full::FromOne));
        drop(a);
        assert_eq!(c.name(address), Ok(()));
        drop((_b, c));
        let table = addresses.table.lock().unwrap();
        assert!(table.total == 0 && table.by_address.is_empty(), "{table:?}");
    }

    #[test]
    fn no_limits() {
        let addresses = Addresses::new(0, 0);
        let one = Some(IpAddr::from([1, 1, 1, 1]));
        let places: Vec<Place> = (0..1000).map(|_| addresses.enter(one).unwrap()).collect();
        assert!(addresses.table.lock().unwrap().by_address.is_empty());
        drop(places);
    }
}
