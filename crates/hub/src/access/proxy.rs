//! The client's address behind proxies.

use std::net::IpAddr;

/// Who is there: the peer, or, when the peer is a proxy that is trusted, the nearest address of
/// `X-Forwarded-For` that is not one. What stands left of that was written by the client.
pub fn client_address<'a>(
    peer: IpAddr,
    forwarded: impl Iterator<Item = &'a str>,
    trusted: &[IpAddr],
) -> IpAddr {
    let mut client = peer.to_canonical();
    if !trusted.contains(&client) {
        return client;
    }
    let list: Vec<&str> = forwarded.flat_map(|line| line.split(',')).collect();
    for word in list.iter().rev() {
        match word.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
        if !trusted.contains(&client) {
            break;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_that_is_not_trusted() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("127.0.0.1"), ip("10.0.0.1")];
        let client = |peer: &str, lines: &[&str]| {
            client_address(ip(peer), lines.iter().copied(), &trusted).to_string()
        };
        assert_eq!(client("9.9.9.9", &["1.1.1.1"]), "9.9.9.9", "not a proxy");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["6.6.6.6, 1.1.1.1"]), "1.1.1.1");
        assert_eq!(
            client("127.0.0.1", &["6.6.6.6", "1.1.1.1, 10.0.0.1"]),
            "1.1.1.1"
        );
        assert_eq!(client("::ffff:127.0.0.1", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(client("127.0.0.1", &["1.1.1.1, junk"]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["::1"]), "::1");
    }
}
