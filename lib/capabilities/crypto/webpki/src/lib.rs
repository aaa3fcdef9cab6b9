//! Answers one question: is there a valid certification path from this certificate to one of these anchors at this time?
//!
//! The path is built and checked by rustls-webpki, whose budgets bound the work on hostile input; this crate only carries
//! the question in and the answer out, and adds the one rule of RFC 5280 that webpki leaves out: key usage.

#![no_std]

extern crate alloc;

mod allocator;
mod der;
mod question;
mod signatures;

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};
use pki_types::TrustAnchor;
use question::Question;
use webpki::{anchor_from_trusted_cert, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};

#[global_allocator]
static MEMORY: allocator::HandOut = allocator::HandOut;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

static ANSWER_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Where the host may write a question of so many bytes.
#[no_mangle]
pub extern "C" fn allocate(bytes: usize) -> *mut u8 {
    Vec::leak(alloc::vec![0; bytes]).as_mut_ptr()
}

/// Answers the question at `start`: the address of a text, `answer_bytes` long.
///
/// The text is `trusted`, or a word for the sort of failure and, after a space, webpki's name of it.
///
/// # Safety
/// `start` comes from `allocate`, and `bytes` is what it was asked for.
#[no_mangle]
pub unsafe extern "C" fn answer(start: *const u8, bytes: usize) -> *const u8 {
    let question = question::read(core::slice::from_raw_parts(start, bytes));
    let text: &str = String::leak(match validate(&question) {
        Ok(()) => String::from("trusted"),
        Err((sort, error)) => alloc::format!("{sort} {error:?}"),
    });
    ANSWER_BYTES.store(text.len(), Ordering::Relaxed);
    text.as_ptr()
}

/// The length of the last answer.
#[no_mangle]
pub extern "C" fn answer_bytes() -> usize {
    ANSWER_BYTES.load(Ordering::Relaxed)
}

fn validate(question: &Question<'_>) -> Result<(), (&'static str, Error)> {
    let end_entity = EndEntityCert::try_from(&question.end_entity).map_err(|error| ("bad-end-entity", error))?;
    let anchors = question.anchors.iter().map(anchor_from_trusted_cert);
    let anchors: Vec<TrustAnchor<'_>> = anchors.collect::<Result<_, _>>().map_err(|error| ("bad-anchor", error))?;
    end_entity
        .verify_for_usage(
            signatures::ALGORITHMS,
            &anchors,
            &question.intermediates,
            question.time,
            AnyUsage { links_left: Cell::new(MAX_LINKS_TRIED) },
            None,
            Some(&may_all_sign),
        )
        .map_err(|error| (sort_of(&error), error))?;
    Ok(())
}

fn sort_of(error: &Error) -> &'static str {
    match error {
        Error::CertExpired { .. } => "expired",
        Error::CertNotValidYet { .. } => "not-yet-valid",
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => "untrusted",
        _ => "invalid",
    }
}

/// Certificates that may be tried as a link of a path. webpki's own budget of 200,000 keeps the search finite, but a few
/// dozen certificates that all seem to have issued each other could hold the host's thread for seconds.
const MAX_LINKS_TRIED: usize = 200;

/// Accepts any extended key usage. Being asked once for every link tried, it also counts them.
struct AnyUsage {
    links_left: Cell<usize>,
}

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let left = self.links_left.get().checked_sub(1).ok_or(Error::MaximumPathBuildCallsExceeded)?;
        self.links_left.set(left);
        // What is left unread counts as malformed.
        purposes.map(|purpose| purpose.map(drop)).collect()
    }
}

/// RFC 5280 section 6.1.4 (n): an intermediate certificate that has a key usage must allow the signing of certificates.
fn may_all_sign(path: &VerifiedPath<'_>) -> Result<(), Error> {
    match path.intermediate_certificates().all(|certificate| may_sign(&certificate.der())) {
        true => Ok(()),
        false => Err(Error::EndEntityUsedAsCa),
    }
}

fn may_sign(certificate: &[u8]) -> bool {
    const KEY_USAGE: u8 = 15;
    /// `keyCertSign` is bit 5, and bit 0 is the highest of the first byte.
    const KEY_CERT_SIGN: u8 = 0x04;
    let Some(usage) = der::extension(certificate, KEY_USAGE) else {
        return true;
    };
    // A BIT STRING begins with the number of its unused bits.
    matches!(der::first(usage, der::BIT_STRING), Some([_, bits, ..]) if bits & KEY_CERT_SIGN != 0)
}
