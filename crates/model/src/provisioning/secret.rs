//! What the installation's provisioning secret is good for: its ID scope and operation ids that need no memory.

use subtle::ConstantTimeEq;

use super::hmac;
use crate::{DeviceId, Time};

/// Random bytes, drawn at the first start and kept. The ID scope and the signature of operation ids come from it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProvisioningSecret(pub [u8; 32]);

/// Shows no secret.
impl std::fmt::Debug for ProvisioningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProvisioningSecret(…)")
    }
}

/// Bytes of the signature in an operation id.
const SIGNATURE_BYTES: usize = 16;

impl ProvisioningSecret {
    /// The name of this installation among all provisioning services, as devices are given it: `0ne` and eight
    /// upper-case hexadecimal digits.
    pub fn id_scope(&self) -> String {
        format!("0ne{}", hex(&hmac(&self.0, "id scope")[..4]).to_ascii_uppercase())
    }

    /// Names the registration of a device that was asked for at `now`. The name carries what is needed to answer
    /// it later, so that nothing has to be remembered: `4.<time>.<signature>`.
    pub fn operation_id(&self, device: &DeviceId, now: Time) -> String {
        format!("4.{:016x}.{}", now.0, self.signature(device, now))
    }

    /// When the registration that an operation id names was asked for; `None` when it was not given out here for
    /// this device.
    pub fn operation_time(&self, device: &DeviceId, operation_id: &str) -> Option<Time> {
        let (time, signature) = operation_id.strip_prefix("4.")?.split_once('.')?;
        let time = Time(i64::from_str_radix(time, 16).ok()?);
        let genuine = self.signature(device, time).as_bytes().ct_eq(signature.as_bytes());
        bool::from(genuine).then_some(time)
    }

    fn signature(&self, device: &DeviceId, time: Time) -> String {
        hex(&hmac(&self.0, &format!("operation\n{device}\n{}", time.0))[..SIGNATURE_BYTES])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_and_operations() {
        let secret = ProvisioningSecret([7; 32]);
        let scope = secret.id_scope();
        assert_eq!(scope.len(), 11);
        assert!(
            scope.starts_with("0ne") && scope[3..].bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
        );
        assert_ne!(scope, ProvisioningSecret([8; 32]).id_scope());

        let (a, b): (DeviceId, DeviceId) = ("a".parse().unwrap(), "b".parse().unwrap());
        let operation = secret.operation_id(&a, Time(1_795_176_000_000_000));
        // It stands in a topic and in a path.
        assert!(operation.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.'), "{operation}");
        assert_eq!(secret.operation_time(&a, &operation), Some(Time(1_795_176_000_000_000)));
        let other_time = operation.replacen("4.0", "4.1", 1);
        for (device, operation) in
            [(&b, &*operation), (&a, &other_time), (&a, ""), (&a, "4."), (&a, "4.x.y"), (&a, &operation[..40])]
        {
            assert_eq!(secret.operation_time(device, operation), None, "{device} {operation}");
        }
        assert_eq!(ProvisioningSecret([8; 32]).operation_time(&a, &operation), None);
    }
}
