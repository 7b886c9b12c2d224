//! Who hears what.

use crate::common::{Hub, next};
use tungstenite::Message;

#[test]
fn everyone_in_a_room_hears_everything_in_one_order() {
    const CLIENTS: usize = 8;
    const EACH: usize = 50;
    let hub = Hub::start();
    let sockets: Vec<_> = (0..CLIENTS).map(|_| hub.join("/ws?room=a")).collect();
    let threads: Vec<_> = sockets
        .into_iter()
        .enumerate()
        .map(|(who, mut socket)| {
            std::thread::spawn(move || {
                for i in 0..EACH {
                    socket.send(Message::text(format!("{who}:{i}"))).unwrap();
                }
                (0..CLIENTS * EACH)
                    .map(|_| next(&mut socket).into_text().unwrap().to_string())
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let heard: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    for other in &heard[1..] {
        assert_eq!(*other, heard[0]);
    }
    for who in 0..CLIENTS {
        let prefix = format!("{who}:");
        let own: Vec<_> = heard[0].iter().filter(|m| m.starts_with(&prefix)).collect();
        assert_eq!(
            own,
            (0..EACH)
                .map(|i| format!("{who}:{i}"))
                .collect::<Vec<_>>()
                .iter()
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn rooms_do_not_hear_each_other() {
    let hub = Hub::start();
    let paths = ["/ws", "/ws?room=a", "/ws?room=b", "/ws?room=caf%C3%A9"];
    let mut sockets: Vec<_> = paths.iter().map(|path| hub.join(path)).collect();
    assert_eq!(hub.serving().snapshot().clients.rooms, 4);
    for (socket, path) in sockets.iter_mut().zip(paths) {
        socket.send(Message::text(path)).unwrap();
    }
    for (socket, path) in sockets.iter_mut().zip(paths) {
        assert_eq!(next(socket), Message::text(path));
        socket.send(Message::text("end")).unwrap();
        assert_eq!(
            next(socket),
            Message::text("end"),
            "{path} heard another room"
        );
    }
    drop(sockets);
    hub.until("rooms go with their members", |c| {
        c.rooms == 0 && c.sockets == 0
    });
}

#[test]
fn no_room_is_the_room_without_a_name() {
    let hub = Hub::start();
    let mut a = hub.join("/ws");
    let mut b = hub.join("/ws?room=");
    a.send(Message::text("hello")).unwrap();
    assert_eq!(next(&mut b), Message::text("hello"));
}

#[test]
fn kinds_and_bytes_are_kept() {
    let hub = Hub::start();
    let mut a = hub.join("/ws?room=a");
    let mut b = hub.join("/ws?room=a");
    let big = Message::binary((0..1 << 20).map(|i| (i * 7) as u8).collect::<Vec<_>>());
    for message in [
        Message::text(""),
        Message::text("ça va? 🦀"),
        Message::binary(vec![0, 255]),
        big,
    ] {
        a.send(message.clone()).unwrap();
        assert!(next(&mut a) == message && next(&mut b) == message);
    }
}

#[test]
fn who_leaves_is_forgotten_and_the_others_go_on() {
    let hub = Hub::start();
    let mut stays = hub.join("/ws?room=a");
    for how in 0..3 {
        let mut leaves = hub.join("/ws?room=a");
        match how {
            0 => drop(leaves),
            1 => {
                leaves.close(None).unwrap();
                while leaves.read().is_ok() {}
            }
            _ => leaves.get_ref().shutdown(std::net::Shutdown::Both).unwrap(),
        }
        hub.until("it is forgotten", |c| c.sockets == 1);
        stays.send(Message::text("still here")).unwrap();
        assert_eq!(next(&mut stays), Message::text("still here"));
    }
}
