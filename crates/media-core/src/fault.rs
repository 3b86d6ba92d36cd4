//! The fence around what may panic, and what is known of a panic afterwards.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

use crate::ids::TransportId;

thread_local! {
    /// Where this thread panicked last. A caught panic no longer knows its place; only the hook is told.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was fenced. Its message is nobody's business: it may quote what a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What was being done.
    pub(crate) doing: &'static str,
    /// The file and line of the panic, if [`note_panic`] was told.
    pub(crate) place: String,
}

impl Fault {
    /// Says in the log where a bug of ours is that a transport suffers from.
    pub(crate) fn report(&self, transport: &TransportId) {
        tracing::error!(%transport, doing = self.doing, place = self.place, "a fault in a transport");
    }
}

/// Remembers where a panic happened. For the panic hook of the process; without it faults have no place.
pub fn note_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    PLACE.with(|last| *last.borrow_mut() = place);
}

/// Calls what may panic. Whatever it left half changed must be dropped, not used again.
pub(crate) fn fence<T>(doing: &'static str, call: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| {
        let place = PLACE.with(|last| last.borrow_mut().take());
        Fault { doing, place: place.unwrap_or_else(|| "unknown".to_owned()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_knows_what_was_done_and_where_it_went_wrong() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(note_panic));
        let line = line!() + 1;
        let fault: Result<(), Fault> = fence("counting", || panic!("a test's panic"));
        std::panic::set_hook(before);
        let fault = fault.unwrap_err();
        assert_eq!(fault.doing, "counting");
        assert!(fault.place.starts_with(&format!("{}:{line}:", file!())), "{fault:?}");
        let unknown: Result<(), Fault> = fence("counting", || std::panic::resume_unwind(Box::new(())));
        assert_eq!(unknown.map_err(|fault| fault.place), Err("unknown".to_owned()), "an old place is not told again");
    }
}
