//! The host's question as bytes: seconds since 1970 (u64), then three lists of certificates (the end-entity certificate
//! alone, the anchors, the intermediates). A list is a count and that many times a length and the DER; all u32, all
//! little-endian. The host wrote them, so anything else is its bug and traps.

use alloc::vec::Vec;
use core::time::Duration;
use pki_types::{CertificateDer, UnixTime};

pub struct Question<'a> {
    pub time: UnixTime,
    pub end_entity: CertificateDer<'a>,
    pub anchors: Vec<CertificateDer<'a>>,
    pub intermediates: Vec<CertificateDer<'a>>,
}

pub fn read(mut bytes: &[u8]) -> Question<'_> {
    let seconds = u64::from_le_bytes(*take(&mut bytes).expect("a time"));
    let mut end_entities = list(&mut bytes);
    Question {
        time: UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        end_entity: end_entities.remove(0),
        anchors: list(&mut bytes),
        intermediates: list(&mut bytes),
    }
}

fn list<'a>(bytes: &mut &'a [u8]) -> Vec<CertificateDer<'a>> {
    let count = number(bytes);
    (0..count)
        .map(|_| {
            let length = number(bytes);
            let (certificate, rest) = bytes.split_at(length);
            *bytes = rest;
            CertificateDer::from(certificate)
        })
        .collect()
}

fn number(bytes: &mut &[u8]) -> usize {
    u32::from_le_bytes(*take(bytes).expect("a number")) as usize
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(head)
}
