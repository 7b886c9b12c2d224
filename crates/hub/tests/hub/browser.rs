//! The page in a real browser: two tabs talking, the panel moving, the hub going and coming back.
//!
//! Needs chromium and chromedriver; without them it says that it is skipped, except in CI.
//! `HUB_PICTURES=FOLDER` keeps the pictures it takes; one of them is in the documentation.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use std::{env, fs};

use crate::common::webdriver::Browser;
use crate::common::{Hub, until};
use tungstenite::Message;

#[test]
fn two_tabs_talk_and_the_panel_moves() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let hub = Hub::start();
    let url = format!("http://{}/", hub.addr);

    browser.open(&url);
    browser.until_connected();
    let (first, second) = browser.new_tab();
    browser.open(&url);
    browser.until_connected();

    browser.switch(&first);
    browser.type_into("line", "Hello from the first tab.\n");
    browser.switch(&second);
    browser.until_text("log", |log| log.contains("Hello from the first tab."));
    browser.type_into(
        "line",
        "And hello back, <b>unharmed</b>, from the second!\n",
    );
    browser.until_text("log", |log| {
        log.contains("back, <b>unharmed</b>, from the second!")
    });
    browser.switch(&first);
    browser.until_text("log", |log| {
        log.contains("back, <b>unharmed</b>, from the second!")
    });
    assert_eq!(
        browser.script("return document.querySelectorAll('#log b').length"),
        0
    );
    assert_eq!(
        browser.script("return document.querySelectorAll('#log .own').length"),
        1
    );

    browser.type_into(
        "line",
        "Whoever has this page open reads it, in the same order.\n",
    );
    browser.type_into("line", "Shall we stir?\n");
    browser.until_text("log", |log| log.contains("Shall we stir?"));

    panel(&browser);
    picture(&browser);
    rooms(&browser, &url, &first, &second);

    operator(&browser, &hub, &url, &first, &second);

    browser.switch(&first);
    assert_eq!(browser.complaints(), [""; 0]);

    // The hub goes, and comes back on the same port.
    let addr = hub.addr;
    drop(hub);
    browser.until_text("state", |state| state.contains("reconnecting"));
    assert_eq!(
        browser.script("return document.getElementById('send').disabled"),
        true
    );
    let hub = Hub::with(|config| config.addr = addr.to_string());
    browser.until_connected();
    browser.type_into("line", "after the pause\n");
    browser.until_text("log", |log| log.contains("after the pause"));
    let clients = hub.serving().snapshot().clients;
    assert_eq!(clients.messages_in, 1, "{clients:?}");
}

/// The figures are the hub's, and change.
fn panel(browser: &Browser) {
    let number = |id: &str| browser.text(id).parse::<f64>().unwrap_or(-1.0);
    until("both tabs are counted", || number("sockets") == 2.0);
    assert!(number("goroutines") >= 1.0 && number("rooms") == 1.0);
    assert!(
        browser
            .script("return document.querySelectorAll('#procs canvas').length")
            .as_u64()
            >= Some(1)
    );
    let before = browser.text("uptime");
    browser.click("stir");
    until("the panel sees the stirring", || {
        let rate = browser.text("rate");
        number("sockets") > 20.0 && (rate.contains('k') || rate.parse::<f64>().unwrap() > 500.0)
    });
    assert_ne!(browser.text("uptime"), before);
    let drawn = "const c = document.getElementById('spark'), \
        p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; \
        return new Set(p.filter((_, i) => i % 4 === 3)).size > 1";
    until("the curve is drawn", || browser.script(drawn) == true);
}

/// Light and dark, wide and narrow: all can be drawn. One of them is kept if asked for.
fn picture(browser: &Browser) {
    for (scheme, width, height) in [
        ("light", 390, 1500),
        ("dark", 390, 1500),
        ("dark", 1360, 660),
        ("light", 1360, 660),
    ] {
        browser.scheme(scheme);
        browser.size(width, height);
        // The panel draws four times a second.
        std::thread::sleep(Duration::from_millis(600));
        let png = browser.screenshot();
        let wider = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(browser.script(wider), false, "{width} is not wide enough");
        if let Ok(folder) = env::var("HUB_PICTURES") {
            fs::write(format!("{folder}/hub-{scheme}-{width}.png"), &png).unwrap();
        }
    }
    until("the stirring ends by itself", || {
        browser.script("return document.getElementById('stir').ariaPressed") == "false"
    });
}

/// The operator's page, while a tab stirs and members of some rooms talk.
fn operator(
    browser: &Browser,
    hub: &Hub,
    url: &str,
    first: &serde_json::Value,
    second: &serde_json::Value,
) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| talk(hub, &done));
        // Whatever becomes of the rest, they stop.
        let _stop = Stop(&done);
        browser.switch(second);
        browser.open(&format!("{url}operator"));
        browser.switch(first);
        browser.click("stir");
        browser.switch(second);
        browser.until_text("sockets", |n| n.parse::<u32>().is_ok_and(|n| n > 20));
        browser.until_text("fullest", |rooms| rooms.contains("Kailash"));
        browser.until_text("memory", |kinds| kinds.contains("iB"));
        browser.until_text("p99", |time| time.ends_with('s'));
        browser.until_text("broker", |broker| !broker.is_empty());
        for (scheme, width) in [("light", 390), ("dark", 1360), ("light", 1360)] {
            browser.scheme(scheme);
            browser.size(width, 1000);
            let wider = "return document.documentElement.scrollWidth > innerWidth";
            assert_eq!(browser.script(wider), false, "{width} is not wide enough");
            keep(browser, &format!("operator-{scheme}-{width}"));
        }
    });
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// Some members in some rooms, of whom one says something now and then.
fn talk(hub: &Hub, done: &AtomicBool) {
    let mut members = Vec::new();
    for (room, n) in [
        ("Kailash", 12),
        ("Manasarovar", 7),
        ("Kham", 4),
        ("Amdo", 2),
    ] {
        members.extend((0..n).map(|_| hub.join(&format!("/ws?room={room}"))));
    }
    let talkers = [0, 12, 19, 23];
    for turn in 0.. {
        if done.load(Relaxed) {
            return;
        }
        // What comes is not read: it is little.
        let talker = &mut members[talkers[[0, 1, 0, 2, 0, 1, 3][turn % 7]]];
        talker.send(Message::text("om")).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Takes a picture; kept if asked for.
fn keep(browser: &Browser, name: &str) {
    let Ok(folder) = env::var("HUB_PICTURES") else {
        browser.screenshot();
        return;
    };
    // A course has something to show after a while.
    std::thread::sleep(Duration::from_secs(8));
    fs::write(format!("{folder}/{name}.png"), browser.screenshot()).unwrap();
}

/// A tab in another room hears nothing of this one.
fn rooms(browser: &Browser, url: &str, first: &serde_json::Value, second: &serde_json::Value) {
    browser.switch(second);
    browser.open(&format!("{url}?room=caf%C3%A9+%26+co"));
    browser.until_connected();
    assert_eq!(browser.text("room-name"), "café & co");
    browser.switch(first);
    browser.type_into("line", "not for the café\n");
    browser.until_text("log", |log| log.contains("not for the café"));
    browser.switch(second);
    browser.type_into("line", "only for the café\n");
    browser.until_text("log", |log| log.contains("only for the café"));
    assert!(!browser.text("log").contains("not for the café"));
}
