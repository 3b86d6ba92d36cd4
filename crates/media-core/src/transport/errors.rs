//! What is said of str0m's errors: nothing that an offer or an address could be found in.

use str0m::RtcError;
use str0m::change::SdpOffer;

use crate::command::{CommandError, ErrorCode};
use crate::fault::{Fault, fence};
use crate::ids::TransportId;
use crate::offer;

pub(super) fn parse(id: &TransportId, sdp: &str) -> Result<SdpOffer, CommandError> {
    match fence("reading an offer", || SdpOffer::from_sdp_string(sdp)) {
        Ok(Ok(offer)) => Ok(offer),
        // str0m's message may quote the offer, which has the client's addresses and keys in it.
        Ok(Err(_)) => Err(offer::invalid("the offer does not parse")),
        Err(fault) => Err(refuse(id, &fault)),
    }
}

pub(super) fn refuse(transport: &TransportId, fault: &Fault) -> CommandError {
    fault.report(transport);
    internal()
}

pub(super) fn internal() -> CommandError {
    CommandError::new(ErrorCode::Internal, "a fault in the worker; the transport is closed")
}

/// The sort of an error. Its text may have addresses or pieces of SDP in it, which must not reach a log.
pub(super) fn kind_of(error: &RtcError) -> &'static str {
    match error {
        RtcError::RemoteSdp(_) | RtcError::Sdp(_) => "SDP",
        RtcError::Dtls(_) => "DTLS",
        RtcError::Rtp(_) => "RTP",
        RtcError::Net(_) | RtcError::Io(_) => "network",
        RtcError::Ice(_) => "ICE",
        RtcError::Sctp(_) => "SCTP",
        _ => "other",
    }
}
