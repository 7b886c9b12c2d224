//! `redis://[user:password@]host[:port][/db]`

use crate::http::percent_decoded;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Where Redis is. Does not show its password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    /// A name or an address.
    pub host: String,
    /// 6379, mostly.
    pub port: u16,
    /// `default` if there is only a password.
    pub user: String,
    /// If one is needed.
    pub password: Option<String>,
    /// The number of the database: for streams.
    pub db: u32,
}

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<RedisUrl, String> {
        let rest = text
            .strip_prefix("redis://")
            .ok_or("expected redis://host:port (TLS to Redis is not spoken; use a tunnel)")?;
        let (place, db) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, host) = match place.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, place),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (
                host,
                port.parse()
                    .map_err(|_| format!("'{port}' is not a port"))?,
            ),
            _ => (host, 6379),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("the host is missing, as in redis://127.0.0.1:6379".into());
        }
        let (user, password) = match login {
            None => ("default".into(), None),
            Some(login) => {
                let (user, password) = login.split_once(':').unwrap_or(("", login));
                let bad = "the password is not percent-encoded UTF-8";
                let user = percent_decoded(user).ok_or(bad)?;
                let user = if user.is_empty() {
                    "default".into()
                } else {
                    user
                };
                (user, Some(percent_decoded(password).ok_or(bad)?))
            }
        };
        let db = match db {
            "" => 0,
            db => db
                .parse()
                .map_err(|_| format!("'{db}' is not a database"))?,
        };
        Ok(RedisUrl {
            host: host.into(),
            port,
            user,
            password,
            db,
        })
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis://{}:{}/{}", self.host, self.port, self.db)
    }
}

impl<'de> Deserialize<'de> for RedisUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<RedisUrl, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_passwords() {
        let url = |text: &str| text.parse::<RedisUrl>().unwrap();
        assert_eq!(format!("{:?}", url("redis://h")), "redis://h:6379/0");
        assert_eq!(format!("{:?}", url("redis://h:1/2")), "redis://h:1/2");
        assert_eq!(
            (url("redis://[::1]:7").host, url("redis://[::1]").port),
            ("::1".into(), 6379)
        );
        let secret = url("redis://lhamo:a%40b@h");
        assert_eq!(
            (&*secret.user, secret.password.as_deref()),
            ("lhamo", Some("a@b"))
        );
        assert!(!format!("{secret:?}").contains("a@b"));
        // No field of a form.
        let plain = url("redis://:a+b=&d@h");
        assert_eq!(plain.password.as_deref(), Some("a+b=&d"));
        assert_eq!(url("redis://:pw@h").user, "default");
        assert_eq!(url("redis://pw@h").password.as_deref(), Some("pw"));
        for wrong in [
            "rediss://h",
            "h:1",
            "redis://",
            "redis://h:x",
            "redis://h/x",
            "redis://%@h",
        ] {
            assert!(wrong.parse::<RedisUrl>().is_err(), "{wrong}");
        }
    }
}
