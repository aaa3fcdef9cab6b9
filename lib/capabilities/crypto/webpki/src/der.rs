//! Just enough DER to hand a public key to the host, and to find an extension in a certificate that webpki has read.

use alloc::vec::Vec;

pub const SEQUENCE: u8 = 0x30;
pub const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// `[3] EXPLICIT Extensions` of a TBSCertificate, RFC 5280 section 4.1.
const EXTENSIONS: u8 = 0xa3;

/// A value of the given tag whose content is the parts, one after the other.
pub fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut value = Vec::with_capacity(length + 5);
    value.push(tag);
    match length {
        0..=0x7f => value.push(length as u8),
        0x80..=0xff => value.extend_from_slice(&[0x81, length as u8]),
        0x100..=0xffff => value.extend_from_slice(&[0x82, (length >> 8) as u8, length as u8]),
        _ => value.extend_from_slice(&[0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    for part in parts {
        value.extend_from_slice(part);
    }
    value
}

/// The content of a certificate's extension `2.5.29.x`, if it has one.
pub fn extension(certificate: &[u8], last_arc: u8) -> Option<&[u8]> {
    let tbs = first(first(certificate, SEQUENCE)?, SEQUENCE)?;
    let extensions = first(values(tbs).find(|(tag, _)| *tag == EXTENSIONS)?.1, SEQUENCE)?;
    values(extensions).find_map(|(_, extension)| {
        let (tag, id) = values(extension).next()?;
        if tag != OBJECT_IDENTIFIER || id != [0x55, 0x1d, last_arc] {
            return None;
        }
        values(extension).find(|(tag, _)| *tag == OCTET_STRING).map(|(_, content)| content)
    })
}

/// The content of the first value, if it has the tag.
pub fn first(input: &[u8], tag: u8) -> Option<&[u8]> {
    values(input).next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
}

/// The values that lie one after the other, up to the first that is none.
fn values(mut input: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    core::iter::from_fn(move || {
        let (tag, content, rest) = split(input)?;
        input = rest;
        Some((tag, content))
    })
}

fn split(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, length, content) = match *input {
        [tag, 0x81, a, ref content @ ..] => (tag, a as usize, content),
        [tag, 0x82, a, b, ref content @ ..] => (tag, (a as usize) << 8 | b as usize, content),
        [tag, length @ 0..=0x7f, ref content @ ..] => (tag, length as usize, content),
        _ => return None,
    };
    (length <= content.len()).then(|| (tag, &content[..length], &content[length..]))
}
