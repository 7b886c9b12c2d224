//! The protocol of `/hub`, and its clients beside those of `/ws`.

use serde_json::json;
use tungstenite::Message;

use crate::common::json::Json;
use crate::common::{Hub, next};

#[test]
fn many_rooms_on_one_connection() {
    let hub = Hub::start();
    let mut a = Json::join(&hub);
    let mut b = Json::join(&hub);
    for room in ["x", "y"] {
        a.ask(json!({"type": "subscribe", "room": room}));
    }
    let members = b.ask(json!({"type": "subscribe", "room": "y"}))["members"].clone();
    assert_eq!(members, 2);
    a.send(json!({"type": "publish", "room": "x", "data": {"n": 1}}));
    a.send(json!({"type": "publish", "room": "y", "data": [2, "two"]}));
    // There is an order in each room, not between rooms.
    let mut heard = [a.next(), a.next()];
    heard.sort_by_key(|message| message["room"].to_string());
    let [first, second] = heard;
    assert_eq!(
        (&first["room"], &first["data"]),
        (&json!("x"), &json!({"n": 1}))
    );
    assert_eq!(
        (&second["room"], &second["data"]),
        (&json!("y"), &json!([2, "two"]))
    );
    assert_ne!(first["id"], second["id"]);
    assert_eq!(b.next(), second, "the same for all");
    a.ask(json!({"type": "unsubscribe", "room": "y"}));
    b.ask(json!({"type": "publish", "room": "y", "data": 3}));
    a.ask(json!({"type": "ping"}));
    assert_eq!(
        b.ask(json!({"type": "presence", "room": "y"}))["members"],
        1
    );
}

#[test]
fn raw_and_json_clients_understand_each_other() {
    let hub = Hub::start();
    let mut json = Json::join(&hub);
    json.ask(json!({"type": "subscribe", "room": "x"}));
    let mut raw = hub.join("/ws?room=x");
    raw.send(Message::text("ça \"va\"?")).unwrap();
    raw.send(Message::binary(vec![0, 255])).unwrap();
    assert_eq!(json.next()["data"], "ça \"va\"?");
    assert_eq!(json.next()["binary"], "AP8=");
    json.send(json!({"type": "publish", "room": "x", "data": "a \"string\""}));
    json.send(json!({"type": "publish", "room": "x", "data": {"a": 1}}));
    json.send(json!({"type": "publish", "room": "x", "binary": "AP8="}));
    assert_eq!(next(&mut raw), Message::text("ça \"va\"?"));
    assert_eq!(next(&mut raw), Message::binary(vec![0, 255]));
    assert_eq!(next(&mut raw), Message::text("a \"string\""));
    assert_eq!(next(&mut raw), Message::text(r#"{"a":1}"#));
    assert_eq!(next(&mut raw), Message::binary(vec![0, 255]));
}

#[test]
fn who_comes_late_gets_the_history() {
    let hub = Hub::with(|config| {
        config.history = 3;
        config.history_bytes = 1000;
    });
    let mut early = hub.join("/ws?room=x");
    for i in 0..5 {
        early.send(Message::text(i.to_string())).unwrap();
        assert_eq!(next(&mut early), Message::text(i.to_string()));
    }
    let mut raw = hub.join("/ws?room=x");
    let mut json = Json::join(&hub);
    json.send(json!({"type": "subscribe", "room": "x", "history": 2}));
    for expected in ["3", "4"] {
        assert_eq!(json.next_of("message")["data"], expected);
    }
    early.send(Message::text("5")).unwrap();
    for expected in ["2", "3", "4", "5"] {
        assert_eq!(next(&mut raw), Message::text(expected));
    }
    assert_eq!(json.next_of("message")["data"], "5");
    // It is there when all have left, and bounded in bytes.
    drop((early, raw, json));
    hub.until("all have left", |c| c.sockets == 0);
    let mut back = hub.join("/ws?room=x");
    for expected in ["3", "4", "5"] {
        assert_eq!(next(&mut back), Message::text(expected));
    }
    back.send(Message::text("x".repeat(999))).unwrap();
    next(&mut back);
    let mut last = hub.join("/ws?room=x");
    assert_eq!(next(&mut last), Message::text("5"));
    assert_eq!(next(&mut last), Message::text("x".repeat(999)));
}

#[test]
fn presence_is_told_to_who_asks_for_it() {
    let hub = Hub::start();
    let mut watcher = Json::join(&hub);
    watcher.ask(json!({"type": "subscribe", "room": "x", "presence": true}));
    let others: Vec<_> = (0..3).map(|_| hub.join("/ws?room=x")).collect();
    while watcher.next_of("presence")["members"] != 4 {}
    drop(others);
    while watcher.next_of("presence")["members"] != 1 {}
}

#[test]
fn what_is_refused_is_named_and_the_connection_lives() {
    let hub = Hub::with(|config| config.max_rooms = 1);
    let mut json = Json::join(&hub);
    for (request, code) in [
        (
            json!({"type": "publish", "room": "x", "data": 1}),
            "not-subscribed",
        ),
        (json!({"type": "subscribe"}), "bad-request"),
        (
            json!({"type": "subscribe", "room": "x".repeat(300)}),
            "bad-request",
        ),
        (json!({"type": "dance"}), "bad-request"),
        (json!([1, 2]), "bad-request"),
        (
            json!({"type": "unsubscribe", "room": "x"}),
            "not-subscribed",
        ),
    ] {
        assert_eq!(json.refused(request.clone()), code, "{request}");
    }
    json.ask(json!({"type": "subscribe", "room": "x"}));
    assert_eq!(
        json.refused(json!({"type": "subscribe", "room": "x"})),
        "already-subscribed"
    );
    assert_eq!(
        json.refused(json!({"type": "subscribe", "room": "y"})),
        "too-many-rooms"
    );
    assert_eq!(
        json.refused(json!({"type": "publish", "room": "x"})),
        "bad-request"
    );
    let both = json!({"type": "publish", "room": "x", "data": 1, "binary": ""});
    assert_eq!(json.refused(both), "bad-request");
    assert_eq!(
        json.refused(json!({"type": "publish", "room": "x", "binary": "?"})),
        "bad-request"
    );
    json.0.send(Message::text("{")).unwrap();
    assert_eq!(json.next()["code"], "bad-request");
    json.0.send(Message::binary(vec![1])).unwrap();
    assert_eq!(json.next()["code"], "bad-request");
    json.ask(json!({"type": "publish", "room": "x", "data": null}));
}

#[test]
fn it_says_goodbye() {
    let mut hub = Hub::with(|config| config.drain_code = 1012);
    let mut json = Json::join(&hub);
    let serving = hub.serving.take().unwrap();
    let thread = std::thread::spawn(move || serving.shutdown());
    assert_eq!(json.next()["type"], "bye");
    let Message::Close(Some(close)) = json.0.read().unwrap() else {
        panic!("no close frame")
    };
    assert_eq!(u16::from(close.code), 1012);
    while json.0.read().is_ok() {}
    let summary = thread.join().unwrap();
    assert_eq!((summary.cut_off, summary.late.len()), (0, 0));
}
