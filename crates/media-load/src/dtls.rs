//! DTLS as client or server, and the SRTP keys that come out of it (RFC 5764).

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use bytes::BytesMut;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config as SrtpConfig, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context as SrtpContext;
use rtc_srtp::protection_profile::ProtectionProfile;

/// Endpoints of the crate are found by address; ours has one peer, so any address is good.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 1);

/// What all clients of a run share: cryptography and one certificate, so that making keys is not what is measured.
pub(crate) struct Identity {
    pub(crate) provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    /// SHA-256 of the certificate, as SDP writes it.
    pub(crate) fingerprint: String,
}

impl Identity {
    /// A new certificate.
    pub(crate) fn new() -> Result<Self> {
        let provider = rtc_crypto::default_provider().map_err(|error| anyhow!("no cryptography: {error}"))?;
        let certificate = Certificate::generate_self_signed(vec!["media-load".to_owned()], provider.crypto())
            .context("no certificate can be made")?;
        let der = certificate.certificate.first().context("the certificate is empty")?;
        let fingerprint = fingerprint(provider.as_ref(), der)?;
        Ok(Self { provider, certificate, fingerprint })
    }
}

fn fingerprint(provider: &dyn RTCCryptoProvider, der: &[u8]) -> Result<String> {
    let hash = provider.crypto().hash(HashAlgorithm::Sha256, der).map_err(|error| anyhow!("no SHA-256: {error}"))?;
    Ok(hash.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

/// Which end says hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

/// The contexts for what is sent and what is received.
pub(crate) struct Keys {
    pub(crate) outgoing: SrtpContext,
    pub(crate) incoming: SrtpContext,
}

/// A handshake, and the association after it.
pub(crate) struct Dtls {
    endpoint: Endpoint,
    role: Role,
    config: Arc<HandshakeConfig>,
    provider: Arc<dyn RTCCryptoProvider>,
}

impl Dtls {
    /// Prepares a handshake with the peer whose certificate has this fingerprint.
    pub(crate) fn new(identity: &Identity, role: Role, remote_fingerprint: &str) -> Result<Self> {
        let expected = remote_fingerprint.to_ascii_uppercase();
        let provider = identity.provider.clone();
        let config = ConfigBuilder::default()
            .with_crypto_provider(identity.provider.clone())
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            // Certificates are signed by nobody; the fingerprint in the SDP is what counts (RFC 8122 §5).
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(move |certificates, _| {
                let matches = certificates
                    .first()
                    .and_then(|der| fingerprint(provider.as_ref(), der).ok())
                    .is_some_and(|found| found == expected);
                if matches {
                    Ok(())
                } else {
                    Err(rtc_shared::error::Error::Other("the certificate is not that of the SDP".to_owned()))
                }
            })))
            .build(role == Role::Client, None)
            .context("DTLS cannot be set up")?;
        let config = Arc::new(config);
        let server = (role == Role::Server).then(|| config.clone());
        let endpoint = Endpoint::new(PEER, TransportProtocol::UDP, server);
        Ok(Self { endpoint, role, config, provider: identity.provider.clone() })
    }

    /// The way to the peer is found.
    pub(crate) fn start(&mut self, now: Instant) -> Result<()> {
        if self.role == Role::Client {
            self.endpoint.connect(now, PEER, self.config.clone(), None).context("DTLS cannot begin")?;
        }
        Ok(())
    }

    /// Takes a datagram; the keys once the handshake is done.
    pub(crate) fn handle(&mut self, datagram: &[u8], now: Instant) -> Result<Option<Keys>> {
        let events = self.endpoint.read(now, PEER, None, BytesMut::from(datagram)).context("DTLS failed")?;
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => return self.export().map(Some),
                EndpointEvent::PeerClosed => bail!("the server closed the connection"),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Repeats what got lost.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<()> {
        if self.endpoint.poll_timeout(&PEER).is_some_and(|due| due <= now) {
            self.endpoint.handle_timeout(PEER, now).context("DTLS got no answer")?;
        }
        Ok(())
    }

    /// When [`Self::tick`] is wanted.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&PEER)
    }

    /// What is to be sent.
    pub(crate) fn transmit(&mut self) -> Option<BytesMut> {
        self.endpoint.poll_transmit().map(|transmit| transmit.message)
    }

    /// Says goodbye.
    pub(crate) fn close(&mut self, now: Instant) {
        // An association that cannot be closed any more is closed.
        let _ = self.endpoint.close(now);
    }

    fn export(&self) -> Result<Keys> {
        let state = self.endpoint.get_connection_state(PEER).context("the handshake has no state")?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => ProtectionProfile::AeadAes256Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
            _ => bail!("the server chose no SRTP profile that was offered"),
        };
        let mut config = SrtpConfig { profile, ..SrtpConfig::default() };
        let material = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())
            .context("no SRTP keys can be exported")?;
        config
            .set_session_keys_from_keying_material(material.as_ref(), self.role == Role::Client)
            .context("the SRTP keys have another length")?;
        let crypto = self.provider.crypto();
        let context = |key: &[u8], salt: &[u8]| {
            SrtpContext::new(key, salt, profile, None, None, crypto).context("the SRTP keys cannot be used")
        };
        let keys = &config.keys;
        Ok(Keys {
            outgoing: context(&keys.local_master_key, &keys.local_master_salt)?,
            incoming: context(&keys.remote_master_key, &keys.remote_master_salt)?,
        })
    }
}
