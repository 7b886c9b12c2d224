//! As much of the WebDriver protocol as two tabs need, over one connection a command.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::mortal::mortal;
use super::{LONG, until};

/// A headless Chromium with its driver; both end with it.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: PathBuf,
}

/// An element's name in JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// None, with a word why, where there is no Chromium; in CI there must be one.
    pub fn start() -> Option<Browser> {
        let (Some(driver), Some(chromium)) = (find("chromedriver"), find("chromium")) else {
            assert!(
                env::var("CI").as_deref() != Ok("true"),
                "CI needs the packages chromium and chromium-driver"
            );
            eprintln!("skipped: chromium and chromedriver are not installed");
            return None;
        };
        let mut driver = mortal(&driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.expect("chromedriver speaks");
                line.split_once("successfully on port ")?
                    .1
                    .trim_end_matches('.')
                    .parse()
                    .ok()
            })
            .expect("chromedriver names its port");
        let profile = env::temp_dir().join(format!("gompa-hub-browser-{}", std::process::id()));
        fs::create_dir_all(&profile).unwrap();
        let mut browser = Browser {
            driver,
            port,
            session: String::new(),
            profile,
        };
        let args = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1360,880",
            &format!("--user-data-dir={}", browser.profile.display()),
        ];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "binary": chromium, "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let created = browser.command("POST", "/session", &capabilities);
        browser.session = created["sessionId"].as_str().expect("a session").to_owned();
        Some(browser)
    }

    pub fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url }));
    }

    /// Opens a second tab and goes there. Gives the handles of the old and the new one.
    pub fn new_tab(&self) -> (Value, Value) {
        let old = self.get("/window");
        let new = self.post("/window/new", json!({ "type": "tab" }))["handle"].clone();
        self.switch(&new);
        (old, new)
    }

    pub fn switch(&self, tab: &Value) {
        self.post("/window", json!({ "handle": tab }));
    }

    /// Types into the element with this id, as a person would.
    pub fn type_into(&self, id: &str, text: &str) {
        let element = self.element(id);
        self.post(
            &format!("/element/{element}/value"),
            json!({ "text": text }),
        );
    }

    pub fn click(&self, id: &str) {
        let element = self.element(id);
        self.post(&format!("/element/{element}/click"), json!({}));
    }

    /// What a script returns.
    pub fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
    }

    /// The visible text of the element with this id.
    pub fn text(&self, id: &str) -> String {
        self.script(&format!(
            "return document.getElementById('{id}').textContent"
        ))
        .as_str()
        .expect("text")
        .to_owned()
    }

    pub fn until_text(&self, id: &str, holds: impl Fn(&str) -> bool) {
        /// Shown if it is waited for in vain.
        struct Last(String);
        impl Drop for Last {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    eprintln!("it is: {}", self.0);
                }
            }
        }
        let mut last = Last(String::new());
        until(&format!("#{id} as expected"), || {
            last.0 = self.text(id);
            holds(&last.0)
        });
    }

    /// Waits until the page says that it is connected.
    pub fn until_connected(&self) {
        until("the page is connected", || {
            self.script("return document.getElementById('state').dataset.state") == "open"
        });
    }

    /// `light` or `dark`.
    pub fn scheme(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.post(
            "/goog/cdp/execute",
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } }),
        );
    }

    pub fn size(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.post(
            "/goog/cdp/execute",
            json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }),
        );
    }

    /// The tab as a PNG.
    pub fn screenshot(&self) -> Vec<u8> {
        let png = base64(self.get("/screenshot").as_str().expect("a picture"));
        assert!(
            png.starts_with(b"\x89PNG") && png.len() > 5_000,
            "{} bytes",
            png.len()
        );
        png
    }

    /// What the console of the current tab has complained about.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", json!({ "type": "browser" }));
        let severe = log
            .as_array()
            .expect("a log")
            .iter()
            .filter(|e| e["level"] == "SEVERE");
        severe.map(|entry| entry["message"].to_string()).collect()
    }

    fn element(&self, id: &str) -> String {
        let found = self.post(
            "/element",
            json!({ "using": "css selector", "value": format!("#{id}") }),
        );
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    fn get(&self, path: &str) -> Value {
        self.command(
            "GET",
            &format!("/session/{}{path}", self.session),
            &Value::Null,
        )
    }

    fn post(&self, path: &str, body: Value) -> Value {
        self.command("POST", &format!("/session/{}{path}", self.session), &body)
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self
            .exchange(method, path, body)
            .expect("chromedriver answers");
        assert!(status == 200, "{method} {path} {body}: {answer}");
        answer["value"].clone()
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(LONG * 2))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        Ok((
            status,
            serde_json::from_slice(&answer).unwrap_or(Value::Null),
        ))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The browser ends with its session; the driver after it.
            let _ = self.exchange(
                "DELETE",
                &format!("/session/{}", self.session),
                &Value::Null,
            );
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

/// The program of this name.
fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes().take_while(|b| *b != b'=') {
        let digit = DIGITS.iter().position(|d| *d == byte).expect("base64") as u32;
        (bits, count) = (bits << 6 | digit, count + 6);
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}
