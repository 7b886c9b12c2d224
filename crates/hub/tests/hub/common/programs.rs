//! Other people's programs: a Redis, an nginx. Each ends with its handle, and if this process is killed.
//!
//! nginx is asked to end, for only its master can end its workers: killed, it would leave them behind.

use std::env;
use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::mortal::mortal;
use super::{LONG, until};

/// The program of this name; none, with a word why, where it is not installed. In CI it must be.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|dir| dir.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        assert!(env::var("CI").as_deref() != Ok("true"), "CI needs {name}");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// A folder that goes with its handle.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "gompa-hub-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Relaxed)
        );
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A process that ends with its handle: asked first, killed if it does not.
pub struct Running(pub Child);

impl Running {
    fn start(program: &Path, args: &[&str]) -> Running {
        let child = mortal(program)
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Running(child)
    }

    fn is_over(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }

    fn until_it_listens(&mut self, addr: SocketAddr) {
        until("it listens", || {
            if let Some(status) = self.0.try_wait().unwrap() {
                let mut error = String::new();
                let _ = self.0.stderr.take().unwrap().read_to_string(&mut error);
                panic!("{status}: {error}");
            }
            TcpStream::connect(addr).is_ok()
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_over() {
            let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
            let begin = Instant::now();
            while !self.is_over() && begin.elapsed() < LONG {
                thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Redis on a port of its own, which it keeps when it is started again.
pub struct Redis {
    program: PathBuf,
    pub port: u16,
    folder: Folder,
    durable: bool,
    running: Option<Running>,
}

impl Redis {
    /// `durable`: what was answered for is there after a crash.
    pub fn start(durable: bool) -> Option<Redis> {
        let mut redis = Redis {
            program: find("redis-server")?,
            port: free_port(),
            folder: Folder::new(),
            durable,
            running: None,
        };
        redis.begin();
        Some(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As after a loss of power.
    pub fn kill(&mut self) {
        if let Some(running) = &mut self.running {
            running.0.kill().unwrap();
        }
        self.running = None;
    }

    pub fn begin(&mut self) {
        let port = self.port.to_string();
        let folder = self.folder.0.to_str().unwrap();
        let aof = if self.durable { "yes" } else { "no" };
        let args = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            aof,
            "--appendfsync",
            "always",
            "--dir",
            folder,
        ];
        let mut running = Running::start(&self.program, &args);
        running.until_it_listens(SocketAddr::from(([127, 0, 0, 1], self.port)));
        self.running = Some(running);
    }
}

/// An nginx with this configuration; `{folder}` in it is a folder of its own.
pub struct Nginx {
    _running: Running,
    _folder: Folder,
}

impl Nginx {
    pub fn start(config: &str, addr: SocketAddr) -> Option<Nginx> {
        let program = find("nginx")?;
        let folder = Folder::new();
        let file = folder.join("nginx.conf");
        fs::write(
            &file,
            config.replace("{folder}", folder.0.to_str().unwrap()),
        )
        .unwrap();
        let args = [
            "-c",
            file.to_str().unwrap(),
            "-p",
            folder.0.to_str().unwrap(),
            "-g",
            "daemon off;",
        ];
        let mut running = Running::start(&program, &args);
        running.until_it_listens(addr);
        Some(Nginx {
            _running: running,
            _folder: folder,
        })
    }
}
