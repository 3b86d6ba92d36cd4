//! The program as it is started, and a controller that speaks to it.
#![allow(dead_code)] // Each test file uses another part.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rmpv::Value;
use serde_json::{Value as Json, json};

/// How long anything may take before the test gives up; nothing waits this long when all is well.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rm-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("worker.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Worker(pub Child);

impl Worker {
    pub fn start(socket: &Path, more: &[&str]) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_ringback-media"))
            .arg("--socket")
            .arg(socket)
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub fn end(mut self) -> (ExitStatus, String) {
        let begin = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < PATIENCE, "the worker does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.0.wait().unwrap(), said)
    }

    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Controller(pub UnixStream);

impl Controller {
    pub fn connect(socket: &Path) -> Self {
        let begin = Instant::now();
        loop {
            match UnixStream::connect(socket) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    return Self(stream);
                }
                Err(error) => assert!(begin.elapsed() < PATIENCE, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn greeted(socket: &Path, epoch: u64) -> Self {
        let mut controller = Self::connect(socket);
        assert_eq!(controller.hello(epoch)["type"], "welcome");
        controller
    }

    pub fn send(&mut self, message: &Json) {
        let body = rmp_serde::to_vec_named(message).unwrap();
        self.send_body(&body);
    }

    pub fn send_body(&mut self, body: &[u8]) {
        self.0.write_all(&u32::try_from(body.len()).unwrap().to_be_bytes()).unwrap();
        self.0.write_all(body).unwrap();
    }

    pub fn read(&mut self) -> Option<Json> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut body).ok()?;
        let value: Value = rmpv::decode::read_value(&mut &body[..]).unwrap();
        Some(rmpv::ext::from_value(value).unwrap())
    }

    pub fn hello(&mut self, epoch: u64) -> Json {
        self.send(&json!({"type": "hello", "protocol_min": 1, "protocol_max": 1, "build": "test", "epoch": epoch}));
        self.read().unwrap()
    }

    pub fn run(&mut self, id: &str, command: &Json) -> Json {
        self.send(&json!({"type": "command", "id": id, "command": command}));
        loop {
            let message = self.read().unwrap();
            if message["type"] == "reply" {
                assert_eq!(message["id"], id);
                return message;
            }
        }
    }
}
