//! Cryptography that hides and proves nothing, so that a test can say what only a participant could say.
//!
//! A forger needs a participant's keys. Here nobody needs any: SRTP is the plain packet and a tag of zeros, DTLS records
//! carry their contents as they are, and every integrity check is right. Whatever parses behind them is as always.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::crypto::dtls::{
    DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial, ProtocolVersion,
    SrtpProfile,
};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, CryptoProvider, Sha1HmacProvider,
    Sha256Provider, SrtpProvider, SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
};

/// What stands at the end of a packet instead of its tag.
const TAG: [u8; 16] = [0; 16];

/// Says that an RTCP packet is encrypted (RFC 3711 §3.4).
const ENCRYPTED: [u8; 4] = [0x80, 0, 0, 0];

/// The header of a DTLS record: type, version, epoch and number, length (RFC 6347 §4.1).
const RECORD_HEADER: usize = 13;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Makes it the cryptography of every connection of this process.
pub fn install() {
    static NOTHING: NoCrypto = NoCrypto;
    CryptoProvider {
        srtp_provider: &NOTHING,
        sha1_hmac_provider: &NOTHING,
        sha256_provider: &NOTHING,
        dtls_provider: &NOTHING,
    }
    .install_process_default();
}

/// An RTP packet as it goes over the network.
pub fn srtp(packet: &[u8]) -> Vec<u8> {
    [packet, &TAG].concat()
}

/// An RTCP packet as it goes over the network.
pub fn srtcp(packet: &[u8]) -> Vec<u8> {
    [packet, &TAG, &ENCRYPTED].concat()
}

/// A record with application data, as it goes over the network.
pub fn record(contents: &[u8]) -> Vec<u8> {
    record_of(APPLICATION_DATA, contents)
}

/// What a client begins its handshake with.
pub fn handshake() -> Vec<u8> {
    record_of(HANDSHAKE, &[])
}

fn record_of(content_type: u8, contents: &[u8]) -> Vec<u8> {
    let header = [content_type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0];
    let length = u16::try_from(contents.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&header[..], &length, contents].concat()
}

#[derive(Debug)]
struct NoCrypto;

impl Sha1HmacProvider for NoCrypto {
    fn sha1_hmac(&self, _key: &[u8], _payloads: &[&[u8]]) -> [u8; 20] {
        [0; 20]
    }
}

impl Sha256Provider for NoCrypto {
    fn sha256(&self, _data: &[u8]) -> [u8; 32] {
        [0; 32]
    }
}

impl SrtpProvider for NoCrypto {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &NoCrypto
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &NoCrypto
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &NoCrypto
    }

    fn srtp_aes_128_ecb_round(&self, _key: &[u8], _input: &[u8], _output: &mut [u8]) {}

    fn srtp_aes_256_ecb_round(&self, _key: &[u8], _input: &[u8], _output: &mut [u8]) {}
}

impl SupportedAes128CmSha1_80 for NoCrypto {
    fn create_cipher(&self, _key: [u8; 16], _encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(Self)
    }
}

impl SupportedAeadAes128Gcm for NoCrypto {
    fn create_cipher(&self, _key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(Self)
    }
}

impl SupportedAeadAes256Gcm for NoCrypto {
    fn create_cipher(&self, _key: [u8; 32], _encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        Box::new(Self)
    }
}

impl Aes128CmSha1_80Cipher for NoCrypto {
    fn encrypt(&mut self, _iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        output[..input.len()].copy_from_slice(input);
        Ok(())
    }

    fn decrypt(&mut self, _iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        output[..input.len()].copy_from_slice(input);
        Ok(())
    }
}

impl AeadAes128GcmCipher for NoCrypto {
    fn encrypt(&mut self, _: &[u8; 12], _: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        seal(input, output);
        Ok(())
    }

    fn decrypt(&mut self, _: &[u8; 12], _: &[&[u8]], input: &[u8], output: &mut [u8]) -> Result<usize, CryptoError> {
        open(input, output)
    }
}

impl AeadAes256GcmCipher for NoCrypto {
    fn encrypt(&mut self, _: &[u8; 12], _: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        seal(input, output);
        Ok(())
    }

    fn decrypt(&mut self, _: &[u8; 12], _: &[&[u8]], input: &[u8], output: &mut [u8]) -> Result<usize, CryptoError> {
        open(input, output)
    }
}

fn seal(input: &[u8], output: &mut [u8]) {
    let (contents, tag) = output.split_at_mut(input.len());
    contents.copy_from_slice(input);
    tag[..TAG.len()].copy_from_slice(&TAG);
}

fn open(input: &[u8], output: &mut [u8]) -> Result<usize, CryptoError> {
    // Any tag is right: a fuzzer need not find out about zeros.
    let Some((contents, _)) = input.split_last_chunk::<{ TAG.len() }>() else {
        return Err(CryptoError::Other("too short".to_owned()));
    };
    output[..contents.len()].copy_from_slice(contents);
    Ok(contents.len())
}

impl DtlsProvider for NoCrypto {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        Some(DtlsCert { certificate: vec![0], private_key: vec![0] })
    }

    fn new_dtls(
        &self,
        _cert: &DtlsCert,
        now: Instant,
        _version: DtlsVersion,
        _mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        Ok(Box::new(NoDtls { active: false, connected: false, now, outputs: VecDeque::new() }))
    }
}

/// The client says that it begins, the server says that it has begun.
#[derive(Debug)]
struct NoDtls {
    active: bool,
    connected: bool,
    now: Instant,
    outputs: VecDeque<NoOutput>,
}

#[derive(Debug)]
enum NoOutput {
    Packet(Vec<u8>),
    Connected,
    PeerCert,
    KeyingMaterial,
    ApplicationData(Vec<u8>),
}

impl DtlsInstance for NoDtls {
    fn set_active(&mut self, active: bool) {
        self.active = active;
        if active {
            self.outputs.push_back(NoOutput::Packet(handshake()));
        }
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        let contents = packet.get(RECORD_HEADER..).unwrap_or_default();
        match packet.first() {
            Some(&HANDSHAKE) if !self.connected => {
                self.connected = true;
                if !self.active {
                    self.outputs.push_back(NoOutput::Packet(handshake()));
                }
                self.outputs.extend([NoOutput::PeerCert, NoOutput::KeyingMaterial, NoOutput::Connected]);
            }
            Some(&APPLICATION_DATA) if self.connected => {
                self.outputs.push_back(NoOutput::ApplicationData(contents.to_vec()));
            }
            _ => {}
        }
        Ok(())
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        let mut put = |contents: Vec<u8>| {
            let length = contents.len().min(buf.len());
            buf[..length].copy_from_slice(&contents[..length]);
            length
        };
        match self.outputs.pop_front() {
            Some(NoOutput::Packet(packet)) => {
                let length = put(packet);
                DtlsOutput::Packet(&buf[..length])
            }
            Some(NoOutput::ApplicationData(contents)) => {
                let length = put(contents);
                DtlsOutput::ApplicationData(&buf[..length])
            }
            Some(NoOutput::Connected) => DtlsOutput::Connected,
            Some(NoOutput::PeerCert) => DtlsOutput::PeerCert(&[]),
            Some(NoOutput::KeyingMaterial) => {
                DtlsOutput::KeyingMaterial(KeyingMaterial::new(&[0; 56]), SrtpProfile::AEAD_AES_128_GCM)
            }
            None => DtlsOutput::Timeout(self.now + Duration::from_secs(3600)),
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        // Nothing is sent again: what is lost on the way to a test's handshake is not what the test is about.
        self.now = now;
        Ok(())
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        if !self.connected {
            return Err(DtlsImplError::HandshakePending);
        }
        self.outputs.push_back(NoOutput::Packet(record(data)));
        Ok(())
    }

    fn is_active(&self) -> bool {
        self.active
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        None
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        Ok(())
    }
}
