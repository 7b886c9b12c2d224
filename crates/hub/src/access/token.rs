//! Tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA256 (`HS256`), so that any language makes
//! them.
//!
//! | claim | meaning |
//! |---|---|
//! | `exp` | seconds since 1970 after which it is void; must be there |
//! | `nbf` | seconds since 1970 before which it is void |
//! | `sub` | who it is: told to the rooms of `/hub` as `from` |
//! | `rooms` | rooms it opens: names, or beginnings of names with a `*` behind; none: no room |
//! | `pub` | `false`: may listen, not speak |
//! | `admin` | `true`: may see the operator's page and `/stats` |
//!
//! A client sends it as `Authorization: Bearer TOKEN` or, from a browser, as `?token=TOKEN`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;

/// What is shared between the hub and who makes tokens. Never shown.
#[derive(Clone)]
pub struct Secret(Arc<[u8]>);

/// Fewest bytes of a secret: the length of the hash, as RFC 7518 demands.
const LEAST: usize = 32;

/// What a token says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Void after this second.
    pub exp: u64,
    /// Void before this second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
    /// Who it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Rooms it opens.
    #[serde(default)]
    pub rooms: Vec<String>,
    /// Whether it may speak; yes if absent.
    #[serde(default, rename = "pub", skip_serializing_if = "Option::is_none")]
    pub publish: Option<bool>,
    /// Whether it may see the operator's page.
    #[serde(default)]
    pub admin: bool,
}

/// Why a token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is none.
    #[error("a token is needed: Authorization: Bearer TOKEN, or ?token=TOKEN")]
    Missing,
    /// It is not a signed token, or not signed with our secret.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over, or has not come.
    #[error("the token has expired or is not valid yet")]
    Expired,
    /// It is good, but not for this.
    #[error("the token does not open this")]
    NotThis,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

impl Secret {
    /// The secret in a file; white space at its end does not belong to it.
    pub fn read(path: &Path) -> Result<Secret, String> {
        let bytes = std::fs::read(path)
            .map_err(|e| format!("cannot read the secret {}: {e}", path.display()))?;
        Secret::new(bytes.trim_ascii_end())
            .map_err(|e| format!("the secret {}: {e}", path.display()))
    }

    /// These bytes.
    pub fn new(bytes: &[u8]) -> Result<Secret, String> {
        if bytes.len() < LEAST {
            return Err(format!(
                "{} bytes are too few: {LEAST} or more",
                bytes.len()
            ));
        }
        Ok(Secret(bytes.into()))
    }

    /// A token that says this.
    pub fn sign(&self, claims: &Claims) -> String {
        let payload = serde_json::to_vec(claims).expect("claims become JSON");
        let mut token = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.mac(token.as_bytes()).finalize().into_bytes();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// What a token says, if it is ours and of today.
    pub fn check(&self, token: Option<&str>) -> Result<Claims, Refusal> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        self.check_at(token, now)
    }

    fn check_at(&self, token: Option<&str>, now: u64) -> Result<Claims, Refusal> {
        let token = token.ok_or(Refusal::Missing)?;
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Invalid)?;
        let (header, payload) = signed.split_once('.').ok_or(Refusal::Invalid)?;
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Invalid);
        // The signature first: nothing of a stranger's is looked into. In constant time.
        self.mac(signed.as_bytes())
            .verify_slice(&decode(signature)?)
            .map_err(|_| Refusal::Invalid)?;
        let header: Header =
            serde_json::from_slice(&decode(header)?).map_err(|_| Refusal::Invalid)?;
        if header.alg != "HS256" {
            return Err(Refusal::Invalid);
        }
        let claims: Claims =
            serde_json::from_slice(&decode(payload)?).map_err(|_| Refusal::Invalid)?;
        if now >= claims.exp || claims.nbf.is_some_and(|from| now < from) {
            return Err(Refusal::Expired);
        }
        Ok(claims)
    }

    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes any key");
        mac.update(bytes);
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Claims {
    /// What somebody may where there is no secret: everything.
    pub fn everything() -> Claims {
        Claims {
            exp: u64::MAX,
            rooms: vec!["*".into()],
            admin: true,
            ..Claims::default()
        }
    }

    /// Whether it opens the room of this name.
    pub fn opens(&self, room: &str) -> bool {
        self.rooms
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(beginning) => room.starts_with(beginning),
                None => room == pattern,
            })
    }

    /// Whether it may speak.
    pub fn may_publish(&self) -> bool {
        self.publish.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new(&[7; 32]).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            exp: 1000,
            nbf: Some(10),
            sub: Some("lhamo".into()),
            rooms: vec!["a".into(), "b/*".into()],
            ..Claims::default()
        }
    }

    #[test]
    fn there_and_back() {
        let token = secret().sign(&claims());
        assert_eq!(secret().check_at(Some(&token), 999), Ok(claims()));
        assert_eq!(secret().check_at(Some(&token), 1000), Err(Refusal::Expired));
        assert_eq!(secret().check_at(Some(&token), 9), Err(Refusal::Expired));
        assert_eq!(secret().check_at(None, 9), Err(Refusal::Missing));
        let other = Secret::new(&[8; 32]).unwrap();
        assert_eq!(other.check_at(Some(&token), 999), Err(Refusal::Invalid));
    }

    #[test]
    fn rooms_opened() {
        let claims = claims();
        assert!(claims.opens("a") && claims.opens("b/") && claims.opens("b/c"));
        assert!(!claims.opens("b") && !claims.opens("aa") && !claims.opens(""));
        assert!(Claims::everything().opens("") && !Claims::default().opens(""));
    }

    /// Of RFC 7515, appendix A.1: made by others, so our reading of the format is not our own.
    #[test]
    fn the_example_of_the_rfc() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let secret = Secret::new(&URL_SAFE_NO_PAD.decode(key).unwrap()).unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let claims = secret.check_at(Some(token), 1_300_819_379).unwrap();
        assert_eq!((claims.exp, claims.rooms.len()), (1_300_819_380, 0));
        assert_eq!(
            secret.check_at(Some(token), 1_300_819_380),
            Err(Refusal::Expired)
        );
    }

    #[test]
    fn forgeries() {
        let token = secret().sign(&claims());
        for i in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[i] = if forged[i] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last digit of a signature has bits that do not count; strict decoding refuses them.
            let result = secret().check_at(Some(&forged), 999);
            assert_eq!(result, Err(Refusal::Invalid), "{i}");
        }
        let unsigned = URL_SAFE_NO_PAD.encode(br#"{"alg":"none"}"#);
        for junk in ["", ".", "..", "a.b.c", &format!("{unsigned}.e30."), "é.é.é"] {
            assert_eq!(
                secret().check_at(Some(junk), 999),
                Err(Refusal::Invalid),
                "{junk}"
            );
        }
        assert!(Secret::new(b"short").is_err());
    }
}
