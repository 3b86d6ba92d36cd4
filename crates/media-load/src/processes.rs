//! What processes cost, and what their sockets had no room for, as `/proc` says it.

use std::collections::HashSet;
use std::fs;

/// Clock ticks per second of `/proc/PID/stat`; Linux shows 100 to programs, whatever it counts in.
const TICKS: f64 = 100.0;

/// What processes have used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu_seconds: f64,
    pub(crate) resident_bytes: u64,
}

impl Usage {
    /// The sum over processes; one that is gone counts nothing.
    pub(crate) fn of(pids: &[u32]) -> Self {
        let mut sum = Self::default();
        for pid in pids {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            sum.cpu_seconds += cpu_seconds(&stat).unwrap_or(0.0);
            sum.resident_bytes += resident_bytes(&status).unwrap_or(0);
        }
        sum
    }
}

/// The datagrams that UDP sockets on these ports had no room for, since they were opened.
pub(crate) fn dropped_datagrams(ports: &HashSet<u16>) -> u64 {
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).filter_map(|line| dropped_by(line, ports)).sum()
}

/// A socket's line: its address in hexadecimal is the second field, and what it dropped the last.
fn dropped_by(line: &str, ports: &HashSet<u16>) -> Option<u64> {
    let mut fields = line.split_ascii_whitespace();
    let (_, port) = fields.nth(1)?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    if ports.contains(&port) { fields.next_back()?.parse().ok() } else { None }
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    // The program's name, which may have spaces, ends at the last bracket; user and system time are fields 14 and 15.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some((next()? + next()?) as f64 / TICKS)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proc_says_is_read() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(resident_bytes("VmPeak:\t 9 kB\nVmRSS:\t    12 kB\n"), Some(12_288));
        assert_eq!(Usage::of(&[u32::MAX]), Usage::default());
        assert!(Usage::of(&[std::process::id()]).resident_bytes > 0);
    }

    #[test]
    fn what_sockets_dropped_is_read_by_their_ports() {
        let line = "  9: 0100007F:9C40 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 0 0 42 2 00000000aa 17";
        assert_eq!(dropped_by(line, &HashSet::from([40_000])), Some(17));
        assert_eq!(dropped_by(line, &HashSet::from([8080])), None);
        assert_eq!(dropped_by("   sl  local_address rem_address   st", &HashSet::from([40_000])), None);
    }
}
