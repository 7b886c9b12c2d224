//! The live page in a real browser, over a program that works: every part of it moves, clicks answer,
//! light and dark, wide and narrow.
//!
//! A program of its own, for the work it looks at would disturb other tests. Needs chromium and chromedriver; without them it says that it is skipped, except in CI.
//! `INSIGHT_PICTURES=FOLDER` keeps the pictures it takes; one of them is in the documentation.

#[path = "../../../hub/tests/hub/common/mortal.rs"]
mod mortal;
#[path = "../../../hub/tests/hub/common/webdriver.rs"]
#[allow(dead_code, reason = "the hub's test needs more of it")]
mod webdriver;
mod work;

use gompa_insight::http::serve;
use std::time::{Duration, Instant};
use std::{env, fs};
use webdriver::Browser;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not within {LONG:?}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn the_page_lives() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let runtime = gompa_sched::Builder::new().procs(4).build();
    let (server, work) = runtime.run(|| (serve("127.0.0.1:0").unwrap(), work::start()));
    browser.open(&format!("http://{}/", server.local_addr()));
    let js = |script: &str| browser.script(script);

    until("the page is live", || {
        js("return document.getElementById('state').dataset.state") == "live"
    });
    until("all Ps are drawn", || {
        js("return document.querySelectorAll('.proc').length") == 4
    });
    until("one runs something", || {
        js(
            "return [...document.querySelectorAll('.proc .g')].some(g => /^G\\d/.test(g.textContent))",
        ) == true
    });
    until("rates are seen", || {
        js("return document.querySelector('#tile-switches b').textContent") != "0/s"
    });
    until("curves are drawn", || {
        js("return document.querySelectorAll('.tile svg .line').length").as_u64() >= Some(8)
    });
    let reasons = "return [...document.querySelectorAll('.bar')].map(b => b.dataset.name).join()";
    for reason in ["chan receive", "sleep", "select"] {
        until(reason, || {
            js(reasons)
                .as_str()
                .unwrap()
                .split(',')
                .any(|r| r == reason)
        });
    }
    until("the heap and its cycles are drawn", || {
        js("return document.querySelectorAll('#heap .line, #cycles .cycle').length").as_u64()
            >= Some(2)
    });

    // What is shown is of the moment of the click; at some moments they are all at work.
    let mut shown = String::new();
    until("stacks of those that receive", || {
        js("document.querySelector('.bar[data-name=\"chan receive\"]').click()");
        browser.until_text("stacks", |text| text.len() > 3);
        shown = browser.text("stacks");
        if !shown.contains("idle_worker") {
            eprintln!("{shown}");
        }
        shown.contains("live/work.rs") && shown.contains("idle_worker")
    });
    pictures(&browser);
    js("document.getElementById('stacks-close').click()");
    // By script, for the page may still be scrolling to the stacks, and a pointer miss.
    let pause = "document.getElementById('pause').click()";
    js(pause);
    browser.until_text("state", |state| state == "paused");
    let before = browser.text("process");
    assert!(before.contains(&std::process::id().to_string()), "{before}");
    js(pause);
    assert_eq!(browser.complaints(), [""; 0]);

    server.close();
    browser.until_text("state", |state| state.contains("no answer"));
    drop(work);
}

fn pictures(browser: &Browser) {
    // Some history first, for the curves; only where somebody looks at them.
    let folder = env::var("INSIGHT_PICTURES").ok();
    if folder.is_some() {
        std::thread::sleep(Duration::from_secs(12));
    }
    for (scheme, width, height) in [
        ("dark", 390, 1800),
        ("dark", 1360, 1180),
        ("light", 1360, 1180),
    ] {
        browser.scheme(scheme);
        browser.size(width, height);
        until("the page fits", || {
            browser
                .script("scrollTo(0, 0); return document.documentElement.scrollWidth <= innerWidth")
                == true
        });
        let png = browser.screenshot();
        if let Some(folder) = &folder {
            fs::write(format!("{folder}/live-{scheme}-{width}.png"), &png).unwrap();
        }
    }
}
