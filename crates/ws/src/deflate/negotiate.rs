//! Which parameters both sides agree to. RFC 7692 section 7.1.

use std::fmt::Write;

use crate::extension::Extension;
use crate::frame::Role;

/// The extension's name in the headers.
pub(crate) const NAME: &str = "permessage-deflate";

const SERVER_FORGETS: &str = "server_no_context_takeover";
const CLIENT_FORGETS: &str = "client_no_context_takeover";
const SERVER_BITS: &str = "server_max_window_bits";
const CLIENT_BITS: &str = "client_max_window_bits";

/// What a side wants of permessage-deflate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Effort of this side's compressor, 0 (none) to 9 (most); more counts as 9.
    pub level: u8,
    /// Messages shorter than this are sent as they are. In bytes.
    pub min_size: usize,
    /// The server shall forget after each message. A server may always; a client asks for it, and
    /// gets it or no compression.
    pub server_no_context_takeover: bool,
    /// The client shall forget after each message. A client may always; a server demands it.
    pub client_no_context_takeover: bool,
    /// The server's window at most, 8 to 15 (what lies outside counts as the nearest). A client's wish
    /// is met, or there is no compression.
    pub server_max_window_bits: u8,
    /// The client's window at most, 8 to 15. A server cannot bound a client that does not offer to be
    /// bounded; if it wants less than 15, such a client gets no compression.
    pub client_max_window_bits: u8,
}

impl Config {
    /// No context takeover, full windows, level 1, messages from 64 bytes on.
    pub const DEFAULT: Config = Config {
        level: 1,
        min_size: 64,
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };
}

impl Default for Config {
    fn default() -> Self {
        Config::DEFAULT
    }
}

/// What has been agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Params {
    /// The server forgets after each message.
    pub server_no_context_takeover: bool,
    /// The client forgets after each message.
    pub client_no_context_takeover: bool,
    /// The server's window, 8 to 15.
    pub server_max_window_bits: u8,
    /// The client's window, 8 to 15.
    pub client_max_window_bits: u8,
    /// Effort of this side's compressor, from its [`Config`].
    pub level: u8,
    /// Messages shorter than this are sent as they are, from the [`Config`].
    pub min_size: usize,
}

/// What a server answered that the client cannot accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// An extension that was not offered, or one twice.
    #[error("the server chose an extension that was not offered, or one twice")]
    NotOffered,
    /// A parameter that is unknown, twice there, or has a bad value.
    #[error("a parameter of permessage-deflate is unknown, repeated or out of range")]
    BadParameter,
    /// The server did not meet a demand of the offer.
    #[error("the server chose permessage-deflate without a parameter that was demanded")]
    NotHonoured,
}

/// The parameters as they stand in a header: offered, or chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stated {
    server_forgets: bool,
    client_forgets: bool,
    server_bits: Option<u8>,
    /// Stated without a value: "I can be bounded". Only an offer may do that.
    client_bits: Option<Option<u8>>,
}

impl Stated {
    fn read(extension: &Extension<'_>) -> Option<Stated> {
        let mut stated = Stated::default();
        for (i, (name, value)) in extension.params.iter().enumerate() {
            if extension.params[..i].iter().any(|(other, _)| other == name) {
                return None;
            }
            match (*name, *value) {
                (SERVER_FORGETS, None) => stated.server_forgets = true,
                (CLIENT_FORGETS, None) => stated.client_forgets = true,
                (SERVER_BITS, Some(value)) => stated.server_bits = Some(bits(value)?),
                (CLIENT_BITS, None) => stated.client_bits = Some(None),
                (CLIENT_BITS, Some(value)) => stated.client_bits = Some(Some(bits(value)?)),
                _ => return None,
            }
        }
        Some(stated)
    }

    fn write(&self) -> String {
        let mut text = String::from(NAME);
        if self.server_forgets {
            text = text + "; " + SERVER_FORGETS;
        }
        if self.client_forgets {
            text = text + "; " + CLIENT_FORGETS;
        }
        if let Some(bits) = self.server_bits {
            let _ = write!(text, "; {SERVER_BITS}={bits}");
        }
        match self.client_bits {
            None => {}
            Some(None) => text = text + "; " + CLIENT_BITS,
            Some(Some(bits)) => {
                let _ = write!(text, "; {CLIENT_BITS}={bits}");
            }
        }
        text
    }
}

/// 8 to 15, in decimal, without leading zeros.
fn bits(text: &str) -> Option<u8> {
    (8..=15).find(|n| text == n.to_string())
}

impl Config {
    /// A server's answer to what a client offers, the best first: the first offer that can be met.
    pub(crate) fn answer(&self, offers: &[Extension<'_>]) -> Option<(Params, String)> {
        offers
            .iter()
            .filter(|offer| offer.name == NAME)
            .find_map(|offer| self.meet(Stated::read(offer)?))
    }

    fn meet(&self, offer: Stated) -> Option<(Params, String)> {
        let (wanted_server, wanted_client) = self.windows();
        let server = offer.server_bits.unwrap_or(15).min(wanted_server);
        let client = match offer.client_bits {
            None if wanted_client < 15 => return None,
            None => 15,
            Some(bound) => bound.unwrap_or(15).min(wanted_client),
        };
        let params = Params {
            server_no_context_takeover: offer.server_forgets || self.server_no_context_takeover,
            client_no_context_takeover: offer.client_forgets || self.client_no_context_takeover,
            server_max_window_bits: server,
            client_max_window_bits: client,
            level: self.level.min(9),
            min_size: self.min_size,
        };
        let text = Stated {
            server_forgets: params.server_no_context_takeover,
            client_forgets: params.client_no_context_takeover,
            server_bits: (server < 15 || offer.server_bits.is_some()).then_some(server),
            client_bits: (client < 15).then_some(Some(client)),
        };
        Some((params, text.write()))
    }

    /// What a client offers.
    pub(crate) fn offer(&self) -> String {
        let (server, client) = self.windows();
        Stated {
            server_forgets: self.server_no_context_takeover,
            client_forgets: self.client_no_context_takeover,
            server_bits: (server < 15).then_some(server),
            client_bits: Some((client < 15).then_some(client)),
        }
        .write()
    }

    /// What a client makes of a server's answer to [`offer`](Config::offer).
    pub(crate) fn agree(&self, chosen: &Extension<'_>) -> Result<Params, NegotiationError> {
        let answer = Stated::read(chosen).ok_or(NegotiationError::BadParameter)?;
        let (wanted_server, wanted_client) = self.windows();
        let server = answer.server_bits.unwrap_or(15);
        if server > wanted_server || self.server_no_context_takeover && !answer.server_forgets {
            return Err(NegotiationError::NotHonoured);
        }
        let client = match answer.client_bits {
            None => wanted_client,
            Some(bound) => bound
                .ok_or(NegotiationError::BadParameter)?
                .min(wanted_client),
        };
        Ok(Params {
            server_no_context_takeover: answer.server_forgets,
            client_no_context_takeover: answer.client_forgets || self.client_no_context_takeover,
            server_max_window_bits: server,
            client_max_window_bits: client,
            level: self.level.min(9),
            min_size: self.min_size,
        })
    }

    fn windows(&self) -> (u8, u8) {
        (
            self.server_max_window_bits.clamp(8, 15),
            self.client_max_window_bits.clamp(8, 15),
        )
    }
}

impl Params {
    /// The window, and whether it is forgotten after each message, of what `role` sends.
    pub(crate) fn sends(&self, role: Role) -> (u8, bool) {
        match role {
            Role::Client => (self.client_max_window_bits, self.client_no_context_takeover),
            Role::Server => (self.server_max_window_bits, self.server_no_context_takeover),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extension::parse;

    const TAKEOVER: Config = Config {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Config::DEFAULT
    };

    fn answer(config: &Config, offers: &str) -> Option<String> {
        config.answer(&parse(offers).unwrap()).map(|(_, text)| text)
    }

    #[test]
    fn a_server_answers() {
        let small = Config {
            server_max_window_bits: 10,
            client_max_window_bits: 9,
            ..TAKEOVER
        };
        for (config, offers, expected) in [
            (&TAKEOVER, "permessage-deflate", Some("permessage-deflate")),
            (&TAKEOVER, "x-webkit-deflate-frame", None),
            (
                &Config::DEFAULT,
                "permessage-deflate; client_max_window_bits",
                Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
            ),
            (
                &TAKEOVER,
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
                Some("permessage-deflate; server_no_context_takeover; server_max_window_bits=15"),
            ),
            (
                &small,
                "permessage-deflate; server_max_window_bits=12; client_max_window_bits=14",
                Some("permessage-deflate; server_max_window_bits=10; client_max_window_bits=9"),
            ),
            // The client cannot be bounded.
            (&small, "permessage-deflate", None),
            // The first offer that can be met.
            (
                &TAKEOVER,
                "permessage-deflate; server_max_window_bits=16, permessage-deflate; server_max_window_bits=8",
                Some("permessage-deflate; server_max_window_bits=8"),
            ),
            (
                &TAKEOVER,
                "permessage-deflate; server_max_window_bits",
                None,
            ),
            (
                &TAKEOVER,
                "permessage-deflate; server_max_window_bits=08",
                None,
            ),
            (
                &TAKEOVER,
                "permessage-deflate; client_max_window_bits=7",
                None,
            ),
            (
                &TAKEOVER,
                "permessage-deflate; server_no_context_takeover=1",
                None,
            ),
            (
                &TAKEOVER,
                "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
                None,
            ),
            (&TAKEOVER, "permessage-deflate; unknown", None),
        ] {
            assert_eq!(answer(config, offers).as_deref(), expected, "{offers}");
        }
    }

    #[test]
    fn a_client_agrees_or_not() {
        let agree = |config: &Config, text: &str| config.agree(&parse(text).unwrap()[0]);
        assert_eq!(
            TAKEOVER.offer(),
            "permessage-deflate; client_max_window_bits"
        );
        let params = agree(
            &TAKEOVER,
            "permessage-deflate; client_max_window_bits=\"11\"",
        )
        .unwrap();
        assert_eq!(params.sends(Role::Client), (11, false));
        assert_eq!(params.sends(Role::Server), (15, false));
        for text in [
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=1",
            "permessage-deflate; foo=1",
        ] {
            assert_eq!(
                agree(&TAKEOVER, text),
                Err(NegotiationError::BadParameter),
                "{text}"
            );
        }
        let small = Config {
            server_max_window_bits: 9,
            ..TAKEOVER
        };
        for (config, text) in [
            (&small, "permessage-deflate"),
            (&small, "permessage-deflate; server_max_window_bits=10"),
            (
                &Config::DEFAULT,
                "permessage-deflate; client_no_context_takeover",
            ),
        ] {
            assert_eq!(
                agree(config, text),
                Err(NegotiationError::NotHonoured),
                "{text}"
            );
        }
    }

    #[test]
    fn both_sides_come_to_the_same() {
        let mut configs = Vec::new();
        for server in [8, 12, 15] {
            for client in [8, 12, 15] {
                for forget in 0..4 {
                    configs.push(Config {
                        server_no_context_takeover: forget & 1 != 0,
                        client_no_context_takeover: forget & 2 != 0,
                        server_max_window_bits: server,
                        client_max_window_bits: client,
                        ..Config::DEFAULT
                    });
                }
            }
        }
        for server in &configs {
            for client in &configs {
                let offer = client.offer();
                let (params, text) = server
                    .answer(&parse(&offer).unwrap())
                    .expect("every client can be bounded");
                let agreed = client.agree(&parse(&text).unwrap()[0]).unwrap();
                assert_eq!(agreed, params, "{offer} -> {text}");
                assert!(params.server_max_window_bits <= client.server_max_window_bits);
                assert!(params.client_max_window_bits <= server.client_max_window_bits);
            }
        }
    }
}
