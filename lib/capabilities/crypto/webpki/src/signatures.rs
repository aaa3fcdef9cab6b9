//! The signature algorithms, each checked by the host. Their order is the host's too: ../../signatures.ts.

use crate::der;
use pki_types::{alg_id, AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

#[link(wasm_import_module = "host")]
extern "C" {
    /// Tells (1 or 0) whether a signature is valid. `parts` are three addresses, each with a length: of the key (a DER
    /// `SubjectPublicKeyInfo`), the message and the signature.
    fn verify_signature(scheme: usize, parts: *const [usize; 6]) -> i32;
}

/// Public key algorithm, signature algorithm, and the number by which the host knows the pair's scheme.
#[derive(Debug)]
pub struct HostVerified(AlgorithmIdentifier, AlgorithmIdentifier, usize);

impl SignatureVerificationAlgorithm for HostVerified {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let algorithm = der::wrap(der::SEQUENCE, &[self.0.as_ref()]);
        let key_bits = der::wrap(der::BIT_STRING, &[&[0], public_key]);
        let key = der::wrap(der::SEQUENCE, &[&algorithm, &key_bits]);
        let parts = [
            key.as_ptr() as usize,
            key.len(),
            message.as_ptr() as usize,
            message.len(),
            signature.as_ptr() as usize,
            signature.len(),
        ];
        let valid = unsafe { verify_signature(self.2, &parts) };
        if valid == 1 {
            Ok(())
        } else {
            Err(InvalidSignature)
        }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.1
    }
}

const ECDSA_SHA256: usize = 0;
const ECDSA_SHA384: usize = 1;
const ECDSA_SHA512: usize = 2;
const ED25519: usize = 3;
const RSA_PKCS1_SHA256: usize = 4;
const RSA_PKCS1_SHA384: usize = 5;
const RSA_PKCS1_SHA512: usize = 6;
const RSA_PSS_SHA256: usize = 7;
const RSA_PSS_SHA384: usize = 8;
const RSA_PSS_SHA512: usize = 9;

pub static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    &HostVerified(alg_id::ECDSA_P256, alg_id::ECDSA_SHA256, ECDSA_SHA256),
    &HostVerified(alg_id::ECDSA_P256, alg_id::ECDSA_SHA384, ECDSA_SHA384),
    &HostVerified(alg_id::ECDSA_P256, alg_id::ECDSA_SHA512, ECDSA_SHA512),
    &HostVerified(alg_id::ECDSA_P384, alg_id::ECDSA_SHA256, ECDSA_SHA256),
    &HostVerified(alg_id::ECDSA_P384, alg_id::ECDSA_SHA384, ECDSA_SHA384),
    &HostVerified(alg_id::ECDSA_P384, alg_id::ECDSA_SHA512, ECDSA_SHA512),
    &HostVerified(alg_id::ECDSA_P521, alg_id::ECDSA_SHA256, ECDSA_SHA256),
    &HostVerified(alg_id::ECDSA_P521, alg_id::ECDSA_SHA384, ECDSA_SHA384),
    &HostVerified(alg_id::ECDSA_P521, alg_id::ECDSA_SHA512, ECDSA_SHA512),
    &HostVerified(alg_id::ED25519, alg_id::ED25519, ED25519),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA256, RSA_PKCS1_SHA256),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA384, RSA_PKCS1_SHA384),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PKCS1_SHA512, RSA_PKCS1_SHA512),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256, RSA_PSS_SHA256),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384, RSA_PSS_SHA384),
    &HostVerified(alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512, RSA_PSS_SHA512),
];
