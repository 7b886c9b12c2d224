//! A client of `/hub`.

use std::net::TcpStream;

use serde_json::Value;
use tungstenite::{Message, WebSocket};

use super::{Hub, next};

pub struct Json(pub WebSocket<TcpStream>);

impl Json {
    /// Past the welcome.
    pub fn join(hub: &Hub) -> Json {
        let mut json = Json(hub.join("/hub"));
        assert_eq!(json.next()["type"], "welcome");
        json
    }

    pub fn send(&mut self, value: Value) {
        self.0.send(Message::text(value.to_string())).unwrap();
    }

    pub fn next(&mut self) -> Value {
        let message = next(&mut self.0);
        serde_json::from_str(message.to_text().expect("a text")).expect("JSON")
    }

    /// The next of this type; what comes before is forgotten.
    pub fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let value = self.next();
            if value["type"] == kind {
                return value;
            }
        }
    }

    /// Asks, and gives the answer, which must be `ok`.
    pub fn ask(&mut self, mut request: Value) -> Value {
        request["id"] = "ask".into();
        self.send(request);
        loop {
            let value = self.next();
            if value["id"] == "ask" {
                assert_eq!(value["type"], "ok", "{value}");
                return value;
            }
        }
    }

    /// Asks, and gives the code of the refusal.
    pub fn refused(&mut self, request: Value) -> String {
        self.send(request);
        let value = self.next_of("error");
        value["code"].as_str().unwrap().to_owned()
    }
}
