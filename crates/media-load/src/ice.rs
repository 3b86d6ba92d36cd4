//! The client's half of ICE (RFC 8445) towards a server with one address: it checks until the server answers, and answers
//! the server's own checks. A server that is ICE-lite has none.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

/// How soon an unanswered first check is repeated. Browsers pace their checks at 50 ms (RFC 8445 §14.2).
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How often a connected client asks whether the server still wants its packets, in browsers 2 to 5 s (RFC 7675 §5.1
/// says 5 s).
const CONSENT_INTERVAL: Duration = Duration::from_millis(2500);

/// The priority of a host candidate (RFC 8445 §5.1.2.1).
const PRIORITY: u32 = 126 << 24 | 65_535 << 8 | 255;

/// One side's name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) ufrag: String,
    pub(crate) password: String,
}

impl Credentials {
    /// New ones of the lengths that browsers use.
    pub(crate) fn random() -> Self {
        let text = |length: usize| std::iter::repeat_with(fastrand::alphanumeric).take(length).collect();
        Self { ufrag: text(8), password: text(24) }
    }
}

/// The checks of one client.
#[derive(Debug)]
pub(crate) struct Ice {
    server: SocketAddr,
    username: String,
    password: String,
    own_password: String,
    tie_breaker: u64,
    asked: Option<TransactionId>,
    /// When the next check is due.
    pub(crate) next_check: Duration,
    connected: bool,
}

impl Ice {
    /// Checks this address from now on.
    pub(crate) fn new(server: SocketAddr, local: &Credentials, remote: &Credentials, now: Duration) -> Self {
        Self {
            server,
            own_password: local.password.clone(),
            username: format!("{}:{}", remote.ufrag, local.ufrag),
            password: remote.password.clone(),
            tie_breaker: fastrand::u64(..),
            asked: None,
            next_check: now,
            connected: false,
        }
    }

    /// The check that is due, if one is.
    pub(crate) fn check(&mut self, crypto: &dyn RTCCrypto, now: Duration) -> Result<Option<Vec<u8>>> {
        if now < self.next_check {
            return Ok(None);
        }
        self.next_check = now + if self.connected { CONSENT_INTERVAL } else { CHECK_INTERVAL };
        let mut request = Message::new();
        request.set_type(BINDING_REQUEST);
        request.new_transaction_id().context("a STUN transaction needs an id")?;
        request.write_header();
        request.add(ATTR_USERNAME, self.username.as_bytes());
        request.add(ATTR_ICE_CONTROLLING, &self.tie_breaker.to_be_bytes());
        request.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
        request.add(ATTR_USE_CANDIDATE, &[]);
        MessageIntegrity::new_short_term_integrity_with_provider(self.password.clone(), crypto)
            .add_to(&mut request)
            .context("a STUN check cannot be signed")?;
        FINGERPRINT.add_to(&mut request).context("a STUN check cannot have a fingerprint")?;
        self.asked = Some(request.transaction_id);
        Ok(Some(request.raw))
    }

    /// The answer to a check of the server; none if this is not one.
    pub(crate) fn answer(&self, datagram: &[u8], crypto: &dyn RTCCrypto) -> Option<Vec<u8>> {
        let mut request = Message::new();
        let is_check = request.unmarshal_binary(datagram).is_ok()
            && request.typ == BINDING_REQUEST
            && MessageIntegrity::check(&mut request, self.own_password.as_bytes(), crypto).is_ok();
        let mut answer = Message::new();
        answer.set_type(BINDING_SUCCESS);
        answer.transaction_id = request.transaction_id;
        answer.write_header();
        XorMappedAddress { ip: self.server.ip(), port: self.server.port() }.add_to(&mut answer).ok()?;
        MessageIntegrity::new_short_term_integrity_with_provider(self.own_password.clone(), crypto)
            .add_to(&mut answer)
            .ok()?;
        FINGERPRINT.add_to(&mut answer).ok()?;
        is_check.then_some(answer.raw)
    }

    /// Takes an answer; true if the server is found with it.
    pub(crate) fn handle(&mut self, datagram: &[u8], crypto: &dyn RTCCrypto) -> bool {
        let mut answer = Message::new();
        let is_ours = answer.unmarshal_binary(datagram).is_ok()
            && answer.typ == BINDING_SUCCESS
            && self.asked == Some(answer.transaction_id)
            && MessageIntegrity::check(&mut answer, self.password.as_bytes(), crypto).is_ok();
        let found = is_ours && !self.connected;
        if found {
            self.connected = true;
            self.next_check += CONSENT_INTERVAL;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_answered_by_whoever_knows_the_password_and_ends_the_search() {
        let provider = rtc_crypto::default_provider().unwrap();
        let crypto = provider.crypto();
        let (ours, theirs) = (Credentials::random(), Credentials::random());
        let address = "192.0.2.1:9".parse().unwrap();
        let mut client = Ice::new(address, &ours, &theirs, Duration::ZERO);
        let server = Ice::new(address, &theirs, &ours, Duration::ZERO);
        let stranger = Ice::new(address, &Credentials::random(), &ours, Duration::ZERO);

        let check = client.check(crypto, Duration::ZERO).unwrap().unwrap();
        assert_eq!(stranger.answer(&check, crypto), None);
        let answer = server.answer(&check, crypto).unwrap();
        assert!(!client.handle(&check, crypto), "a check is no answer");
        assert!(client.handle(&answer, crypto));
        assert!(!client.handle(&answer, crypto), "only once");
        assert!(client.next_check >= CONSENT_INTERVAL);

        let next = client.check(crypto, client.next_check).unwrap().unwrap();
        assert_ne!(next, check);
        assert!(!client.handle(&answer, crypto), "not of this check");
    }
}
